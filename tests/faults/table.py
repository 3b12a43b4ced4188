"""The table of the README, made of results."""

import pathlib

README = pathlib.Path(__file__).with_name('README.md')
BEGIN, END = '<!-- table: begin -->\n', '<!-- table: end -->\n'
HEAD = ('| fault | rounds | acknowledged | lost | doubled | mailed again (same Message-ID) '
        '| recovered in (p50, max) |\n|---|--:|--:|--:|--:|--:|--:|\n')


def row(result):
    return (f'| {result.fault} | {result.rounds} | {result.acknowledged:,} | {len(result.lost)} '
            f'| {len(result.doubled)} | {result.repeated} '
            f'| {result.median_recovery:.1f} s, {result.longest_recovery:.1f} s |\n')


def write(results, about):
    """Puts the table between the README's markers, and a line about it below."""
    text = README.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    README.write_text(
        before + BEGIN + HEAD + ''.join(map(row, results)) + f'\n{about}\n' + END + after)
