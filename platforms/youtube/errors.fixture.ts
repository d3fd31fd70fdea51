/** The body of an error response, in YouTube's format. */
export function refusalOf(reason: string, message = "Refused"): object {
  return { error: { code: 400, message, errors: [{ message, domain: "youtube.video", reason }] } };
}
