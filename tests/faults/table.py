"""The table of the README, made of results."""

import pathlib
import statistics

README = pathlib.Path(__file__).with_name('README.md')
BEGIN, END = '<!-- table: begin -->\n', '<!-- table: end -->\n'
HEAD = ('| fault | rounds | acknowledged | lost | doubled | mailed again (same Message-ID) '
        '| recovered in (p50, max) | took |\n|---|--:|--:|--:|--:|--:|--:|--:|\n')


def row(result):
    """A line that cannot be taken for a good one when it is not."""
    if result.skipped:
        return f'| {result.fault} SKIPPED | | | | | | | |\n'
    name = result.fault if result.is_good else f'{result.fault} FAILED'
    found = ((len(result.lost), len(result.doubled), result.repeated) if result.judged
             else ('?', '?', '?'))
    recovered = (f'{statistics.median(result.recoveries):.1f} s, {max(result.recoveries):.1f} s'
                 if result.recoveries else 'never')
    return (f'| {name} | {result.rounds} | {result.acknowledged:,} '
            f'| {found[0]} | {found[1]} | {found[2]} | {recovered} '
            f'| {result.seconds:.0f} s |\n')


def write(results, about):
    """Puts the table between the README's markers, and a line about it below."""
    text = README.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    README.write_text(
        before + BEGIN + HEAD + ''.join(map(row, results)) + f'\n{about}\n' + END + after)
