/** The body of a refusal, as YouTube writes it. */
export function refusalOf(reason: string, message = "Refused"): object {
  return { error: { code: 400, message, errors: [{ message, domain: "youtube.video", reason }] } };
}
