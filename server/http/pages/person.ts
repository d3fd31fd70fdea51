import type { FastifyRequest } from "fastify";

import type { Me } from "../../../contract/operations/me.ts";
import type { Mode } from "../../../model/platform-names.ts";
import { brandOf } from "../../domain/branding/branding.ts";
import type { Call } from "../../domain/call.ts";
import type { Services } from "../../domain/services.ts";
import { getMe } from "../../domain/users/me.ts";
import type { Viewer } from "./frame.ts";

/** The signed-in user. */
export interface Person extends Viewer, Me {
  sessionId: string;
}

/** Thrown by pages for signed-in users: the browser is sent to sign in, and back. */
export class SignInFirst extends Error {}

/** The user of the session cookie; null for a visitor. */
export async function findPerson(services: Services, request: FastifyRequest): Promise<Person | null> {
  const session = await services.sessions.find(request.headers);
  if (session === null) return null;
  request.admission?.belongsTo({ userId: session.userId, mode: "live" });
  const { user } = (await getMe(services, { userId: session.userId })).body;
  return { ...user, sessionId: session.id, brand: await brandOf(services, session.userId) };
}

export async function requirePerson(services: Services, request: FastifyRequest): Promise<Person> {
  const person = await findPerson(services, request);
  if (person === null) throw new SignInFirst();
  return person;
}

/** A use case's call by the user of a page. */
export function callOf(person: Person, mode: Mode, request: FastifyRequest): Call {
  return {
    userId: person.id,
    mode,
    actor: { kind: "session", id: person.sessionId },
    address: request.ip,
    requestId: request.id,
    policies: null,
    claim: null,
    ifRevision: null,
    uploads: [],
  };
}
