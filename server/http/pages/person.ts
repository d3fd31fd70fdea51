import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

import type { Mode } from "../../../model/platform-names.ts";
import type { Call } from "../../domain/caller.ts";
import type { Services } from "../../domain/services.ts";
import { callRoute } from "./call-route.ts";
import type { Viewer } from "./frame.ts";

/** Who is signed in. */
export interface Person extends Viewer {
  userId: string;
  name: string;
  sessionId: string;
  hasTwoFactor: boolean;
}

/** Thrown where a page is for people who are signed in: the browser is sent to sign in, and back. */
export class SignInFirst extends Error {}

const signedIn = z.object({
  session: z.object({ id: z.string() }),
  user: z.object({ id: z.string(), email: z.string(), name: z.string(), twoFactorEnabled: z.boolean().nullish() }),
});

/** The person whose session cookie came along; null for a visitor. */
export async function findPerson(services: Services, request: FastifyRequest, reply: FastifyReply): Promise<Person | null> {
  if (request.headers.cookie === undefined) return null;
  const answered = await callRoute(services, request, reply, { method: "GET", path: "/api/auth/get-session" });
  const read = signedIn.safeParse(answered.body);
  if (!read.success) return null;
  const { session, user } = read.data;
  return { userId: user.id, email: user.email, name: user.name, sessionId: session.id, hasTwoFactor: user.twoFactorEnabled ?? false };
}

export async function requirePerson(services: Services, request: FastifyRequest, reply: FastifyReply): Promise<Person> {
  const person = await findPerson(services, request, reply);
  if (person === null) throw new SignInFirst();
  return person;
}

/** A call of a verb by the person who looks at a page. */
export function callOf(person: Person, mode: Mode, request: FastifyRequest): Call {
  return { userId: person.userId, mode, actor: { kind: "session", id: person.sessionId }, address: request.ip, requestId: request.id, claim: null, ifRevision: null, uploads: [] };
}
