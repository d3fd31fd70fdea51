import type { FastifyInstance } from "fastify";

import type { Services } from "../../domain/services.ts";
import { onAppOnly } from "../faces.ts";
import { addHome } from "./home.ts";
import { addSandboxDoor } from "./sandbox-door.ts";

/** What people look at, on the app's host. */
export function addPages(scope: FastifyInstance, services: Services): void {
  onAppOnly(scope, services.settings);
  addHome(scope);
  addSandboxDoor(scope, services);
}
