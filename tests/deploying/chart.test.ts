import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { Ajv } from "ajv";
import { parse, parseAllDocuments } from "yaml";
import { z } from "zod";

import ampost from "../../package.json" with { type: "json" };
import { loadConfig } from "../../server/start/config.ts";
import { isInstalled, skipReason } from "./machine.ts";

const CHART = join(import.meta.dirname, "../../ops/helm/ampost");
const skip = skipReason(isInstalled("go") ? null : "they need golang-go (on Debian 13: apt-get install)") ?? false;

describe("the Helm chart", { skip }, () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "ampost-chart-"));
    const build = ["build", "-o", join(folder, "render"), join(import.meta.dirname, "render-chart.go")];
    execFileSync("go", build, { env: { ...process.env, GOTOOLCHAIN: "local" } });
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const render = async (more: Record<string, unknown> = {}) => {
    const chart = description.parse(await readYaml("Chart.yaml"));
    const values = { ...(await readValues()), ...more };
    const Chart = { Name: chart.name, Version: chart.version, AppVersion: chart.appVersion };
    const scope = JSON.stringify({ Chart, Release: { Name: "social", Service: "Helm" }, Values: values });
    const output = execFileSync(join(folder, "render"), [CHART, scope], { encoding: "utf8" });
    return parseAllDocuments(output, { strict: true, uniqueKeys: true }).flatMap((document) => {
      assert.deepEqual([...document.errors, ...document.warnings], [], output);
      // What is switched off leaves an empty document.
      return document.toJS() === null ? [] : [resource.parse(document.toJS())];
    });
  };

  test("describes itself, and its default values fit its schema", async () => {
    const chart = description.parse(await readYaml("Chart.yaml"));
    assert.equal(chart.version, ampost.version);
    assert.equal(chart.appVersion, ampost.version);
    const check = new Ajv({ strict: true, strictRequired: false }).compile(
      JSON.parse(await readFile(join(CHART, "values.schema.json"), "utf8")),
    );
    const values = await readValues();
    assert.ok(check(values), JSON.stringify(check.errors));
    assert.ok(!check({ ...values, replicas: 2 }), "a misspelt value is refused");
  });

  test("every process runs without privileges, and is reached where it listens", async () => {
    const resources = await render();
    const names = resources.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    assert.deepEqual(names.toSorted(), [
      "ConfigMap social",
      "Deployment social-api",
      "Deployment social-sandbox",
      "Deployment social-worker",
      "Ingress social",
      "PodDisruptionBudget social-api",
      "PodDisruptionBudget social-worker",
      "Service social-api",
      "Service social-sandbox",
    ]);
    const deployments = resources.filter(({ kind }) => kind === "Deployment").map((each) => deployment.parse(each));
    for (const { metadata, spec } of deployments) {
      assert.deepEqual(spec.selector.matchLabels, spec.template.metadata.labels, metadata.name);
      const [container] = spec.template.spec.containers;
      assert.equal(container?.image, `ampost:${ampost.version}`);
      assert.deepEqual(container.args, [metadata.name.replace("social-", "")]);
    }
    const labels = (name: string) =>
      deployments.find(({ metadata }) => metadata.name === name)?.spec.template.metadata.labels;
    for (const each of resources.filter(({ kind }) => kind === "Service").map((found) => service.parse(found)))
      assert.deepEqual(each.spec.selector, labels(each.metadata.name));
    const { rules } = ingress.parse(resources.find(({ kind }) => kind === "Ingress")).spec;
    assert.deepEqual(
      rules.map(({ host, http }) => [host, http.paths.map(({ backend }) => backend.service.name)]),
      [
        ["app.example.com", ["social-api"]],
        ["api.example.com", ["social-api"]],
      ],
    );
  });

  test("its variables are a configuration that Ampost accepts without a warning", async () => {
    const { data } = configMap.parse((await render()).find(({ kind }) => kind === "ConfigMap"));
    const secrets = {
      DATABASE_URL: "postgresql://ampost:password@postgres:5432/ampost",
      AMPOST_ENCRYPTION_KEY: randomBytes(32).toString("base64"),
    };
    const config = loadConfig({ ...data, ...secrets });
    assert.deepEqual(config.warnings, []);
    assert.equal(config.apiUrl, "https://api.example.com");
    assert.equal(config.sandbox.url, "http://social-sandbox:3001");
  });

  test("without a sandbox and an ingress, neither is there", async () => {
    const { sandbox, ingress: entrance } = z
      .object({ sandbox: z.looseObject({}), ingress: z.looseObject({}) })
      .parse(await readValues());
    const resources = await render({
      sandbox: { ...sandbox, enabled: false },
      ingress: { ...entrance, enabled: false },
      image: {
        repository: "registry.example.com/ampost",
        tag: "1.2.3",
        pullPolicy: "Always",
        pullSecrets: [{ name: "registry" }],
      },
    });
    assert.doesNotMatch(JSON.stringify(resources), /sandbox|Ingress/i);
    for (const each of resources.filter(({ kind }) => kind === "Deployment")) {
      const { imagePullSecrets, containers } = deployment.parse(each).spec.template.spec;
      assert.deepEqual(imagePullSecrets, [{ name: "registry" }]);
      assert.equal(containers[0]?.image, "registry.example.com/ampost:1.2.3");
    }
  });
});

async function readYaml(name: string): Promise<unknown> {
  return parse(await readFile(join(CHART, name), "utf8"), { strict: true });
}

async function readValues(): Promise<Record<string, unknown>> {
  return z.record(z.string(), z.unknown()).parse(await readYaml("values.yaml"));
}

const description = z.strictObject({
  apiVersion: z.literal("v2"),
  name: z.string().regex(/^[a-z][a-z0-9-]*$/),
  description: z.string(),
  type: z.literal("application"),
  version: z.string(),
  appVersion: z.string(),
  kubeVersion: z.string(),
});
const labels = z.record(z.string(), z.string().max(63));
const metadata = z.looseObject({
  name: z
    .string()
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
    .max(63),
  labels,
});
const resource = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata });
const text = z.record(z.string(), z.string());
const configMap = z.strictObject({ apiVersion: z.literal("v1"), kind: z.literal("ConfigMap"), metadata, data: text });
const probe = z.strictObject({
  httpGet: z.strictObject({ path: z.enum(["/readyz", "/healthz", "/_sandbox/health"]), port: z.literal("http") }),
  periodSeconds: z.number(),
  timeoutSeconds: z.number().optional(),
  failureThreshold: z.number(),
});
const container = z.strictObject({
  name: z.string(),
  image: z.string(),
  imagePullPolicy: z.enum(["Always", "IfNotPresent", "Never"]),
  args: z.tuple([z.enum(["api", "worker", "sandbox"])]),
  envFrom: z.tuple([
    z.strictObject({ configMapRef: z.strictObject({ name: z.literal("social") }) }),
    z.strictObject({ secretRef: z.strictObject({ name: z.literal("ampost") }) }),
  ]),
  ports: z.tuple([z.strictObject({ name: z.literal("http"), containerPort: z.number() })]),
  startupProbe: probe,
  readinessProbe: probe,
  livenessProbe: probe,
  resources: z.strictObject({ requests: text, limits: text }),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.strictObject({ drop: z.tuple([z.literal("ALL")]) }),
  }),
  volumeMounts: z.tuple([
    z.strictObject({ name: z.literal("data"), mountPath: z.literal("/data") }),
    z.strictObject({ name: z.literal("tmp"), mountPath: z.literal("/tmp") }),
  ]),
});
const volume = (name: string) => z.strictObject({ name: z.literal(name), emptyDir: z.strictObject({}) });
const deployment = z.strictObject({
  apiVersion: z.literal("apps/v1"),
  kind: z.literal("Deployment"),
  metadata,
  spec: z.strictObject({
    replicas: z.number(),
    selector: z.strictObject({ matchLabels: labels }),
    strategy: z.strictObject({
      rollingUpdate: z.strictObject({ maxSurge: z.literal(1), maxUnavailable: z.literal(0) }),
    }),
    template: z.strictObject({
      metadata: z.strictObject({ labels, annotations: text }),
      spec: z.strictObject({
        automountServiceAccountToken: z.literal(false),
        enableServiceLinks: z.literal(false),
        terminationGracePeriodSeconds: z.number(),
        imagePullSecrets: z.array(z.strictObject({ name: z.string() })).optional(),
        securityContext: z.strictObject({
          runAsNonRoot: z.literal(true),
          runAsUser: z.literal(10001),
          runAsGroup: z.literal(10001),
          fsGroup: z.literal(10001),
          seccompProfile: z.strictObject({ type: z.literal("RuntimeDefault") }),
        }),
        containers: z.tuple([container]),
        volumes: z.tuple([volume("data"), volume("tmp")]),
      }),
    }),
  }),
});
const service = z.strictObject({
  apiVersion: z.literal("v1"),
  kind: z.literal("Service"),
  metadata,
  spec: z.strictObject({
    selector: labels,
    ports: z.tuple([z.strictObject({ name: z.literal("http"), port: z.number(), targetPort: z.literal("http") })]),
  }),
});
const ingress = z.strictObject({
  apiVersion: z.literal("networking.k8s.io/v1"),
  kind: z.literal("Ingress"),
  metadata,
  spec: z.strictObject({
    ingressClassName: z.string(),
    tls: z.array(z.strictObject({ hosts: z.array(z.string()), secretName: z.string() })),
    rules: z.array(
      z.strictObject({
        host: z.string(),
        http: z.strictObject({
          paths: z.tuple([
            z.strictObject({
              path: z.literal("/"),
              pathType: z.literal("Prefix"),
              backend: z.strictObject({
                service: z.strictObject({ name: z.string(), port: z.strictObject({ name: z.literal("http") }) }),
              }),
            }),
          ]),
        }),
      }),
    ),
  }),
});
