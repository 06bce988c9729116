import { assert, describe, it } from "@effect/vitest"
import type { V1ConfigMap, V1Deployment, V1Secret } from "@kubernetes/client-node"
import { readFileSync } from "node:fs"
import { runInNewContext } from "node:vm"
import { containerOf, copyOfDeploy, find, hasKubectl, root } from "./Rendering.ts"
import { stubbedCluster } from "./StubbedCluster.ts"

const { version } = JSON.parse(readFileSync(`${root}/packages/cli/package.json`, "utf8"))
const published = `ghcr.io/gauthierdmn/nominal-code:${version}`

const targets = ["serve", "deploy", "deploy-ci", "teardown", "logs", "status", "port-forward", "build", "help"]

const keys = { TEST_GITHUB_TOKEN: "ghp_ci=token", ANTHROPIC_API_KEY: "sk-ant-ci" }

const decoded = ({ data = {} }: V1Secret) =>
  Object.fromEntries(Object.entries(data).map(([name, value]) => [name, Buffer.from(value, "base64").toString()]))

describe("make install", () => {
  it.each([["20.20.2", 1], ["22.18.0", 1], ["22.19.0", 0], ["24.0.0", 0]] as const)(
    "of Node %s ends with %i, where npm has not brought another one",
    (node, exitCode) => {
      const said: Array<string> = []
      const process = { versions: { node }, exitCode: 0, stderr: { write: (text: string) => said.push(text) } }
      runInNewContext(readFileSync(`${root}/ci/supportedNode.cjs`, "utf8"), { process })
      assert.deepStrictEqual([process.exitCode, said.length], [exitCode, exitCode])
      if (exitCode === 1) {
        assert.match(said.join("\n"), /^Node \S+ is too old: 22\.19 or newer .* npm ci --loglevel=http/)
      }
    }
  )
})

describe("deploy/Makefile", () => {
  it("has every target, and help says what each is for", () => {
    const { stdout } = stubbedCluster().run("make -C deploy", root)
    for (const target of targets) assert.match(stdout, new RegExp(`^${target} +\\S`, "m"))
    assert.include(readFileSync(`${root}/deploy/Makefile`, "utf8"), `.PHONY: help ${targets.slice(0, -1).join(" ")}\n`)
  })

  it.each([
    ["logs", /^kubectl --namespace reviews logs --selector \S+ --prefix --tail=100 --follow$/],
    ["status", /^kubectl --namespace reviews get \S*pods\S*$/],
    ["port-forward", /^kubectl --namespace reviews port-forward service\/nominal-code-server 8080:80$/],
    ["teardown", /^kubectl delete namespace reviews --ignore-not-found$/]
  ])("%s is one command, in NAMESPACE", (target, expected) => {
    const cluster = stubbedCluster()
    cluster.run(`make -C deploy ${target} NAMESPACE=reviews`, root)
    const [call, ...others] = cluster.calls()
    assert.deepStrictEqual(others, [])
    assert.match(call?.line ?? "", expected)
  })

  it("build names the image by REGISTRY, IMAGE_NAME and IMAGE_TAG, and EXTRAS chooses the variant", () => {
    const cluster = stubbedCluster()
    cluster.run("make -C deploy build; make -C deploy build IMAGE_TAG=dev REGISTRY=r.example EXTRAS=anthropic", root)
    assert.deepStrictEqual(cluster.calls().map(({ line }) => line.replaceAll(`${root}deploy`, "deploy")), [
      `docker build --file deploy/../ci/Dockerfile --build-arg EXTRAS=all --tag ${published} deploy/..`,
      "docker build --file deploy/../ci/Dockerfile --build-arg EXTRAS=anthropic --tag r.example/nominal-code:dev deploy/.."
    ])
  })

  it("serve starts the server with deploy/local/config.yaml, and asks for no provider or forge by itself", () => {
    const { stdout } = stubbedCluster().run("make -C deploy --dry-run serve", root)
    assert.match(stdout, /CONFIG_PATH=\S+\/deploy\/local\/config\.yaml[^]*nominal-code\.js serve/)
    assert.notMatch(stdout, /API_KEY|TOKEN/)
  })
})

describe.skipIf(!hasKubectl)("deploying by deploy/Makefile (kubectl)", () => {
  it("deploy needs your secrets, and says how to make the file", () => {
    const cluster = stubbedCluster()
    const { status, stderr } = cluster.run("rm k8s/secret.yaml; make deploy", copyOfDeploy())
    assert.notStrictEqual(status, 0)
    assert.include(stderr, "cp deploy/k8s/secret.yaml.template deploy/k8s/secret.yaml")
    assert.deepStrictEqual(cluster.calls(), [])
  })

  it("deploy applies everything once, then waits as long as TIMEOUT for Redis and for the servers", () => {
    const cluster = stubbedCluster()
    const { status } = cluster.run("make deploy TIMEOUT=9", copyOfDeploy())
    assert.strictEqual(status, 0)
    assert.deepStrictEqual(cluster.calls().map(({ line }) => line), [
      "kubectl --namespace nominal-code apply -f -",
      "kubectl --namespace nominal-code rollout restart deployment/nominal-code-server",
      "kubectl --namespace nominal-code rollout status statefulset/redis --timeout=9s",
      "kubectl --namespace nominal-code rollout status deployment/nominal-code-server --timeout=9s"
    ])
    const kinds = cluster.applied().map(({ kind }) => kind)
    assert.strictEqual(kinds[0], "Namespace")
    assert.include(kinds, "Secret")
  })

  it("deploy with IMAGE_TAG gives the server and the Jobs the same image", () => {
    const cluster = stubbedCluster()
    cluster.run("make deploy IMAGE_TAG=1f2e3d", copyOfDeploy())
    const applied = cluster.applied()
    const image = "ghcr.io/gauthierdmn/nominal-code:1f2e3d"
    const server = find<V1Deployment>(applied, "Deployment", "nominal-code-server")
    assert.strictEqual(containerOf(server.spec?.template).image, image)
    const config = find<V1ConfigMap>(applied, "ConfigMap", "nominal-code-config").data?.["config.yaml"]
    assert.include(config, `image: "${image}"`)
    assert.notInclude(JSON.stringify(applied), published)
  })

  it("a deployment that cannot be rendered stops there", () => {
    const cluster = stubbedCluster()
    const { status } = cluster.run("echo resources: [nothing] > k8s/kustomization.yaml; make deploy", copyOfDeploy())
    assert.notStrictEqual(status, 0)
    assert.isFalse(cluster.calls().some(({ line }) => line.includes("rollout")))
  })

  it("deploy-ci makes the namespace, then the Secrets from the environment, then the rest", () => {
    const cluster = stubbedCluster()
    const { status, stderr } = cluster.run(
      "make deploy-ci IMAGE_TAG=abc WEBHOOK_SECRET=a-secret-of-the-test",
      copyOfDeploy(),
      keys
    )
    assert.strictEqual(status, 0, stderr)
    const lines = cluster.calls().map(({ line }) => line)
    assert.match(lines[0] ?? "", /^kubectl apply -f \S+\/k8s\/base\/namespace\.yaml$/)
    assert.match(lines.at(-1) ?? "", /rollout status deployment\/nominal-code-server --timeout=120s$/)
    const applied = cluster.applied()
    assert.deepStrictEqual(applied.slice(0, 2).map(({ kind }) => kind), ["Secret", "Secret"])
    const ofJobs = decoded(find<V1Secret>(applied, "Secret", "nominal-code-secrets"))
    const [password = "", jobPassword = ""] = [ofJobs["REDIS_PASSWORD"], ofJobs["REDIS_JOB_PASSWORD"]]
    for (const one of [password, jobPassword]) assert.match(one, /^[0-9a-f]{48}$/)
    const redis = "redis.nominal-code.svc.cluster.local:6379/0"
    assert.deepStrictEqual(ofJobs, {
      GITHUB_TOKEN: "ghp_ci=token",
      ANTHROPIC_API_KEY: "sk-ant-ci",
      REDIS_PASSWORD: password,
      REDIS_JOB_PASSWORD: jobPassword,
      REDIS_URL: `redis://nominal-job:${jobPassword}@${redis}`
    })
    const { JOBS_SIGNING_KEY: signingKey, ...ofServers } = decoded(
      find<V1Secret>(applied, "Secret", "nominal-code-server-secrets")
    )
    assert.match(signingKey ?? "", /^[0-9a-f]{64}$/)
    assert.deepStrictEqual(ofServers, {
      AGENT_PROVIDER: "anthropic",
      GITHUB_WEBHOOK_SECRET: "a-secret-of-the-test",
      K8S_IMAGE: "ghcr.io/gauthierdmn/nominal-code:abc",
      REDIS_URL: `redis://:${password}@${redis}`
    })
    const server = find<V1Deployment>(applied, "Deployment", "nominal-code-server")
    assert.deepInclude(containerOf(server.spec?.template).env ?? [], { name: "ALLOWED_USERS", value: "test-user" })
  })

  it.each([
    ["google", { GOOGLE_API_KEY: "g" }],
    ["openai", { OPENAI_API_KEY: "o" }],
    ["google", { ANTHROPIC_API_KEY: "a", GOOGLE_API_KEY: "g", OPENAI_API_KEY: "o" }],
    ["openai", { ANTHROPIC_API_KEY: "a", OPENAI_API_KEY: "o", AGENT_PROVIDER: "openai" }]
  ])(
    "deploy-ci reviews with %s where the environment holds %j, and every key that is there goes along",
    (provider, given) => {
      const cluster = stubbedCluster()
      cluster.run("make deploy-ci", copyOfDeploy(), { TEST_GITHUB_TOKEN: "t", ...given })
      const secret = decoded(find<V1Secret>(cluster.applied(), "Secret", "nominal-code-secrets"))
      const { AGENT_PROVIDER: chosen, ...keys } = { AGENT_PROVIDER: undefined, ...given }
      assert.deepInclude(secret, keys)
      const ofServers = decoded(find<V1Secret>(cluster.applied(), "Secret", "nominal-code-server-secrets"))
      assert.strictEqual(ofServers["AGENT_PROVIDER"], chosen ?? provider)
      assert.strictEqual(
        Object.keys(secret).filter((name) => name.endsWith("_API_KEY")).length,
        Object.keys(given).filter((name) => name.endsWith("_API_KEY")).length
      )
    }
  )

  it("deploy-ci again keeps the passwords that Redis runs with, the webhook's secret and the signing key", () => {
    const cluster = stubbedCluster()
    const base64 = (text: string) => Buffer.from(text).toString("base64")
    cluster.answer("jsonpath={.data.REDIS_PASSWORD}", base64("kept-password"))
    cluster.answer("jsonpath={.data.REDIS_JOB_PASSWORD}", base64("kept-job-password"))
    cluster.answer("jsonpath={.data.GITHUB_WEBHOOK_SECRET}", base64("kept-webhook-secret"))
    cluster.answer("jsonpath={.data.JOBS_SIGNING_KEY}", base64("kept-signing-key"))
    cluster.run("make deploy-ci", copyOfDeploy(), keys)
    const secret = decoded(find<V1Secret>(cluster.applied(), "Secret", "nominal-code-server-secrets"))
    assert.include(secret["REDIS_URL"], ":kept-password@")
    const ofJobs = decoded(find<V1Secret>(cluster.applied(), "Secret", "nominal-code-secrets"))
    assert.include(ofJobs["REDIS_URL"], "nominal-job:kept-job-password@")
    assert.strictEqual(secret["GITHUB_WEBHOOK_SECRET"], "kept-webhook-secret")
    assert.strictEqual(secret["JOBS_SIGNING_KEY"], "kept-signing-key")
  })

  it("deploy-ci without a webhook's secret makes one up: a known one would let everybody in", () => {
    const cluster = stubbedCluster()
    cluster.run("make deploy-ci", copyOfDeploy(), keys)
    const secret = decoded(find<V1Secret>(cluster.applied(), "Secret", "nominal-code-server-secrets"))
    assert.match(secret["GITHUB_WEBHOOK_SECRET"] ?? "", /^[0-9a-f]{64}$/)
  })

  it.each([
    ["no forge's token", { ANTHROPIC_API_KEY: "k" }, "TEST_GITHUB_TOKEN"],
    ["no model's key", { TEST_GITHUB_TOKEN: "t" }, "GOOGLE_API_KEY, ANTHROPIC_API_KEY or OPENAI_API_KEY"]
  ])("deploy-ci with %s applies nothing but the namespace, and names the variable", (_, variables, name) => {
    const cluster = stubbedCluster()
    const { status, stderr } = cluster.run("make deploy-ci", copyOfDeploy(), variables)
    assert.notStrictEqual(status, 0)
    assert.include(stderr, name)
    assert.deepStrictEqual(cluster.applied(), [])
  })

  it("no secret is printed, or stands in the arguments of a program", () => {
    const cluster = stubbedCluster()
    const { stderr, stdout } = cluster.run("make deploy-ci", copyOfDeploy(), { ...keys, WEBHOOK_SECRET: "the-hook" })
    const lines = cluster.calls().map(({ line }) => line).join("\n")
    for (const secret of ["ghp_ci=token", "sk-ant-ci", "the-hook"]) {
      assert.notInclude(stdout + stderr + lines, secret)
    }
    assert.include(cluster.calls().map(({ input }) => input).join(), Buffer.from("the-hook").toString("base64"))
  })
})
