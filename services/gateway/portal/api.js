// The gateway's JSON API, and its errors as the pages show them.

export class ApiError extends Error {
  // `error` is what AIP-193 puts under "error"; undefined when no answer came.
  constructor(error) {
    super(sentence(error?.message ?? 'The server cannot be reached. Please try again.'));
    const details = error?.details ?? [];
    const detail = (type) => details.find((each) => each['@type']?.endsWith(type)) ?? {};
    this.status = error?.status;
    this.reason = detail('google.rpc.ErrorInfo').reason;
    // What is wrong with each field, by its name.
    this.fields = new Map((detail('google.rpc.BadRequest').fieldViolations ?? [])
        .map(({field, description}) => [field, sentence(description)]));
  }
}

// Answers the JSON of the response, or throws an ApiError.
export async function call(method, path, body) {
  const request = {method, cache: 'no-store'};
  if (body !== undefined) {
    request.headers = {'Content-Type': 'application/json'};
    request.body = JSON.stringify(body);
  }
  let response;
  let answer;
  try {
    response = await fetch(path, request);
    answer = await response.json();
  } catch {
    throw new ApiError();
  }
  if (!response.ok) throw new ApiError(answer.error);
  return answer;
}

function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
