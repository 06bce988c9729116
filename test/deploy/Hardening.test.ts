import { assert, describe, it } from "@effect/vitest"
import type { V1LimitRange, V1NetworkPolicy, V1NetworkPolicyEgressRule, V1ResourceQuota } from "@kubernetes/client-node"
import { globSync, readFileSync } from "node:fs"
import { BlockList, isIPv6 } from "node:net"
import { parse, parseAllDocuments } from "yaml"
import { copyOfDeploy, find, hasKubectl, overlay, podsOf, render, root } from "./Rendering.ts"
import { weaknesses } from "./Weaknesses.ts"

/** True if a rule of egress reaches an address and a TCP port by the address alone. */
const reaches = (rule: V1NetworkPolicyEgressRule, address: string, port: number): boolean => {
  const family = isIPv6(address) ? "ipv6" : "ipv4"
  const within = (cidr: string) => {
    const [network = "", prefix] = cidr.split("/")
    if (isIPv6(network) !== isIPv6(address)) return false
    const list = new BlockList()
    list.addSubnet(network, Number(prefix), family)
    return list.check(address, family)
  }
  const open = rule.ports === undefined || rule.ports.some((one) => one.port === port)
  return open &&
    (rule.to ?? []).some(({ ipBlock }) =>
      ipBlock !== undefined && within(ipBlock.cidr) && !(ipBlock.except ?? []).some(within)
    )
}

const policy = (name: string) => find<V1NetworkPolicy>(overlay("k8s/base"), "NetworkPolicy", name).spec

const mayReach = (name: string, address: string, port: number) =>
  (policy(name)?.egress ?? []).some((rule) => reaches(rule, address, port))

const metadata = ["169.254.169.254", "fd00:ec2::254", "169.254.170.2", "100.100.100.200"]
const inside = ["10.0.0.1", "10.96.0.1", "172.16.0.1", "192.168.1.1", "127.0.0.1", "100.64.0.1", "fd12::1", "fe80::1"]
/** The same behind NAT64 and 6to4: 169.254.169.254, 10.0.0.1, 192.168.1.1, 127.0.0.1. */
const translated = ["64:ff9b::a9fe:a9fe", "64:ff9b::a00:1", "64:ff9b::c0a8:101", "64:ff9b::7f00:1", "2002:a00:1::1"]
const outside = ["140.82.121.6", "160.79.104.10", "2606:50c0:8000::153", "64:ff9b::8c52:7906"]

describe.skipIf(!hasKubectl)("what the manifests allow (kubectl)", () => {
  it.each(["k8s/base", "ci", "production"])("no pod of deploy/%s is weaker than the restricted profile", (name) => {
    const pods = podsOf(overlay(name))
    assert.deepStrictEqual(pods.map(([name]) => name).sort(), ["Deployment/nominal-code-server", "StatefulSet/redis"])
    assert.deepStrictEqual(pods.flatMap(([name, pod]) => weaknesses(pod).map((weakness) => `${name} ${weakness}`)), [])
  })

  it("only the server holds a token of the cluster", () => {
    const holders = podsOf(overlay("k8s/base")).filter(([, pod]) => pod.spec?.automountServiceAccountToken !== false)
    assert.deepStrictEqual(holders.map(([name]) => name), ["Deployment/nominal-code-server"])
  })

  it("the server hears pods of the cluster only, and its Service is open to no address outside", () => {
    const resources = overlay("k8s/base")
    const ingress: unknown = policy("nominal-code-server")?.ingress
    assert.deepStrictEqual(ingress, [{
      from: [{ namespaceSelector: {} }],
      ports: [{ protocol: "TCP", port: 8080 }]
    }])
    const { hard } = find<V1ResourceQuota>(resources, "ResourceQuota", "nominal-code").spec ?? {}
    assert.deepInclude(hard, { "services.loadbalancers": "0", "services.nodeports": "0" })
  })

  it("the namespace as a whole is limited, and no container in it is without limits", () => {
    const resources = overlay("k8s/base")
    const { hard = {} } = find<V1ResourceQuota>(resources, "ResourceQuota", "nominal-code").spec ?? {}
    assert.includeMembers(Object.keys(hard), ["pods", "limits.cpu", "limits.memory"])
    const [limit] = find<V1LimitRange>(resources, "LimitRange", "nominal-code").spec?.limits ?? []
    assert.sameMembers(Object.keys(limit ?? {}), ["type", "default", "defaultRequest", "max"])
  })

  it("nothing comes in to a Job's pod", () => {
    assert.deepStrictEqual(policy("nominal-code-job")?.policyTypes, ["Ingress", "Egress"])
    assert.deepStrictEqual(policy("nominal-code-job")?.ingress, [])
  })

  it.each([...metadata, ...inside, ...translated])("a Job's pod cannot reach %s", (address) => {
    for (const port of [80, 443, 6379, 6443, 8080]) assert.isFalse(mayReach("nominal-code-job", address, port))
  })

  it.each(outside)("a Job's pod reaches %s, and only its port 443", (address) => {
    const ports = Array.from({ length: 65_535 }, (_, at) => at + 1)
    assert.deepStrictEqual(ports.filter((port) => mayReach("nominal-code-job", address, port)), [443])
  })

  it("beside that, a Job's pod reaches Redis and the cluster's names", () => {
    const others = (policy("nominal-code-job")?.egress ?? []).filter((rule) => !reaches(rule, "140.82.121.6", 443))
    assert.deepStrictEqual(
      others.map(({ ports }) => ports?.map(({ port, protocol }) => `${port}/${protocol}`).sort()),
      [
        ["53/TCP", "53/UDP"],
        ["6379/TCP"]
      ]
    )
    for (const { to } of others) {
      assert.isAbove(to?.length ?? 0, 0)
      for (const { ipBlock, namespaceSelector, podSelector } of to ?? []) {
        assert.isTrue(ipBlock?.cidr.endsWith("/32") ?? (namespaceSelector ?? podSelector) !== undefined)
      }
    }
  })

  it.each(metadata.slice(0, 3))("a server cannot reach %s", (address) => {
    for (const port of [80, 443, 6443]) assert.isFalse(mayReach("nominal-code-server", address, port))
  })

  it("a server reaches the forge and, wherever that is, the cluster's API", () => {
    assert.isTrue(mayReach("nominal-code-server", "140.82.121.6", 443))
    assert.isTrue(mayReach("nominal-code-server", "10.96.0.1", 443))
    assert.isTrue(mayReach("nominal-code-server", "192.168.49.2", 6443))
    assert.isFalse(mayReach("nominal-code-server", "10.0.0.1", 22))
  })

  it("only webhooks come in to a server", () => {
    const ports = policy("nominal-code-server")?.ingress?.map(({ ports }) => ports?.map(({ port }) => port))
    assert.deepStrictEqual(ports, [[8080]])
  })

  it("Redis talks to nobody, and only servers and Jobs talk to it", () => {
    const spec = policy("redis")
    assert.deepStrictEqual(spec?.policyTypes, ["Ingress", "Egress"])
    assert.deepStrictEqual(spec?.egress, [])
    const ingress: unknown = spec?.ingress
    assert.deepStrictEqual(ingress, [{
      from: [{
        podSelector: {
          matchLabels: { "app.kubernetes.io/name": "nominal-code" },
          matchExpressions: [{ key: "app.kubernetes.io/component", operator: "In", values: ["server", "job"] }]
        }
      }],
      ports: [{ protocol: "TCP", port: 6379 }]
    }])
  })

  it("every pod is under a policy", () => {
    for (const [name, pod] of podsOf(overlay("k8s/base"))) {
      const labels = pod.metadata?.labels
      const own = name === "StatefulSet/redis" ? "redis" : "nominal-code-server"
      assert.deepStrictEqual(policy(own)?.podSelector?.matchLabels, labels)
    }
  })

  it("what is secret is in the Secret alone: no ConfigMap, no argument, no variable holds it", () => {
    const resources = render(`${copyOfDeploy()}/k8s`)
    const secret: ReadonlyArray<readonly [string, string]> = parseAllDocuments(
      readFileSync(`${root}/deploy/k8s/secret.yaml.template`, "utf8")
    ).flatMap((document) => Object.entries(document.toJS().stringData))
    const others = JSON.stringify(resources.filter(({ kind }) => kind !== "Secret"))
    for (const [name, value] of secret) assert.notInclude(others, value, name)
    assert.notMatch(others, /redis(s)?:\/\/[^"@]*@/)
  })
})

describe("the images that the manifests name", () => {
  it("are ours by the version that the Makefile replaces, and Redis by its digest; none is the latest", () => {
    const deployment = readFileSync(`${root}/deploy/k8s/base/deployment.yaml`, "utf8")
    const config = parse(readFileSync(`${root}/deploy/k8s/base/config.yaml`, "utf8"))
    const redis = readFileSync(`${root}/deploy/k8s/base/redis.yaml`, "utf8")
    const { version } = JSON.parse(readFileSync(`${root}/packages/cli/package.json`, "utf8"))
    const published = `ghcr.io/gauthierdmn/nominal-code:${version}`
    assert.match(readFileSync(`${root}/deploy/Makefile`, "utf8"), new RegExp(`^PUBLISHED = ${published}$`, "m"))
    assert.include(deployment, `image: ${published}\n`)
    assert.strictEqual(config.kubernetes.image, published)
    assert.match(redis, /image: redis:7\.\d+\.\d+-alpine@sha256:[0-9a-f]{64}\n/)
    for (const file of globSync(["deploy/**/*.yaml", "deploy/Makefile", "ci/templates/*.yml"], { cwd: root })) {
      const text = readFileSync(`${root}/${file}`, "utf8")
      for (const [, image = ""] of text.matchAll(/^\s*(?:- )?image: (?:\{.* default: )?"?([^\s"]+)/gm)) {
        assert.match(image, /@sha256:[0-9a-f]{64}$|:\d+\.\d+\.\d+(?:-[\w.]+)?$/, file)
      }
      assert.notInclude(text, ":latest", file)
    }
  })
})
