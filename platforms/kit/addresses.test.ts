import assert from "node:assert/strict";
import { test } from "node:test";

import { isAllowedAddress, isLoopbackHost } from "./addresses.ts";

const HOSTILE = [
  "0.0.0.0",
  "0.1.2.3",
  "127.0.0.1",
  "127.255.255.254",
  "10.0.0.1",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "169.254.169.254",
  "169.254.170.2",
  "100.64.0.1",
  "100.127.255.255",
  "100.100.100.200",
  "168.63.129.16",
  "192.0.0.1",
  "192.0.2.1",
  "192.88.99.1",
  "198.18.0.1",
  "198.51.100.1",
  "203.0.113.1",
  "224.0.0.1",
  "239.255.255.255",
  "240.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "::127.0.0.1",
  "::ffff:127.0.0.1",
  "::ffff:10.0.0.1",
  "::ffff:8.8.8.8",
  "64:ff9b::7f00:1",
  "64:ff9b::808:808",
  "64:ff9b:1::1",
  "100::1",
  "2001::1",
  "2001:db8::1",
  "2002:7f00:1::",
  "2002:a00:1::1",
  "3fff::1",
  "fc00::1",
  "fd00:ec2::254",
  "fe80::1",
  "fe80::1%eth0",
  "fec0::1",
  "ff02::1",
  "5f00::1",
  "4000::1",
  "",
  "localhost",
  "nonsense",
];
const PUBLIC = ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "2001:4860:4860::8888"];

test("only public addresses are allowed", () => {
  for (const address of HOSTILE) assert.equal(isAllowedAddress(address, false), false, address);
  for (const address of PUBLIC) assert.equal(isAllowedAddress(address, false), true, address);
});

test("development allows loopback and private addresses, and nothing else", () => {
  const passing = [
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "::1",
    "fc00::1",
    "fd00:ec2::254",
  ];
  assert.deepEqual(
    HOSTILE.filter((address) => isAllowedAddress(address, true)),
    passing,
  );
});

test("a machine's own clients can use its loopback addresses, and no other private ones", () => {
  assert.deepEqual(
    HOSTILE.filter((address) => isAllowedAddress(address, "loopback")),
    ["127.0.0.1", "127.255.255.254", "::1"],
  );
  for (const host of [
    "localhost",
    "localhost.",
    "app.localhost",
    "127.0.0.1",
    "127.1.2.3",
    "[::1]",
    "::1",
    "[::ffff:127.0.0.1]",
  ])
    assert.equal(isLoopbackHost(host), true, host);
  for (const host of ["localhost.example.com", "10.0.0.1", "0.0.0.0", "::", "example.com", "notlocalhost"])
    assert.equal(isLoopbackHost(host), false, host);
});
