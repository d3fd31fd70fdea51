import { useMutation, type UseMutationResult } from "@tanstack/react-query";

import { call } from "../../client/call.ts";
import type { AmpostError } from "../../client/errors.ts";
import { connection } from "./ask.ts";

/** Calls a route under /api/auth, which belong to the way people sign in. It is sent once. Rejects with an AmpostError. */
export async function askSignIn<Result>(path: string, body?: object): Promise<Result> {
  const { answer } = await call<Result>(connection, {
    method: body === undefined ? "GET" : "POST",
    path: `/api/auth/${path}`,
    ...(body !== undefined && { body, repeatable: false }),
  });
  return answer;
}

export function useSignInRoute<Result, Body extends object>(
  path: string,
  onSuccess: (answer: Result) => void,
): UseMutationResult<Result, AmpostError, Body> {
  return useMutation<Result, AmpostError, Body>({
    mutationFn: (body) => askSignIn<Result>(path, body),
    onSuccess: (answer) => onSuccess(answer),
    // A wrong code is a 401, too, and no reason to sign in again.
    throwOnError: false,
  });
}
