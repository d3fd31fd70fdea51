import type { Answer, TestSandbox } from "../sandbox.fixture.ts";

/** Calls of the Graph API with a token. */
export interface GraphCalls {
  get(path: string, params?: Record<string, string>, token?: string): Promise<Answer>;
  post(path: string, form: Record<string, string>, token?: string): Promise<Answer>;
  remove(path: string): Promise<Answer>;
}

/** `base` is a host with its version, such as "https://graph.threads.net/v1.0". */
export function graphCalls(sandbox: TestSandbox, base: string, token: string): GraphCalls {
  return {
    get: (path, params = {}, by = token) => {
      const query = Object.keys(params).length > 0 ? `?${new URLSearchParams(params)}` : "";
      return sandbox.call("GET", `${base}${path}${query}`, { token: by });
    },
    post: (path, form, by = token) => sandbox.call("POST", `${base}${path}`, { form, token: by }),
    remove: (path) => sandbox.call("DELETE", `${base}${path}`, { token }),
  };
}
