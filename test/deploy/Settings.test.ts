import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import type { V1NetworkPolicy } from "@kubernetes/client-node"
import { load } from "@nominal-code/config/AppConfigLayer"
import { Login, PullNumber, PullRequestRef, RepoName, Sha } from "@nominal-code/domain/event/PullRequest"
import { PullRequestEvent } from "@nominal-code/domain/event/PullRequestEvent"
import { DeliveryId, Job, jobIdOfDelivery } from "@nominal-code/domain/job/Job"
import { Lane, Namespace } from "@nominal-code/domain/job/Lane"
import * as Manifest from "@nominal-code/kubernetes/Manifest"
import { prepare } from "@nominal-code/testing/KubeEnvironment"
import { ConfigProvider, Effect, Option } from "effect"
import { readFileSync } from "node:fs"
import { parse, parseAllDocuments } from "yaml"
import { problems, type Resource } from "./KubernetesSchema.ts"
import { find, hasKubectl, overlay, podsOf, root } from "./Rendering.ts"
import { weaknesses } from "./Weaknesses.ts"

const yaml = (path: string) => parse(readFileSync(`${root}/${path}`, "utf8"))

const secretTemplate = readFileSync(`${root}/deploy/k8s/secret.yaml.template`, "utf8")

const secretsIn = (text: string): ReadonlyArray<Readonly<Record<string, string>>> =>
  parseAllDocuments(text).map((document) => document.toJS().stringData)

/** The template's Secrets, that of the Jobs and that of the servers, filled in. */
const [shared, own] = secretsIn(secretTemplate.replaceAll("your-", "filled-in-"))

const secret: Readonly<Record<string, string>> = { ...shared, ...own }

/** A configuration file as the server reads it in a pod, with these Secrets as its environment. */
const loaded = (config: string, others: Readonly<Record<string, string>> = {}) =>
  load("serve", {}).pipe(
    Effect.provideService(
      ConfigProvider.ConfigProvider,
      ConfigProvider.fromEnvRecord({ HOME: "/home/nominal", ...secret, ...others, CONFIG_PATH: `${root}/${config}` })
    ),
    Effect.provide(NodeServices.layer)
  )

const repo = RepoName.make("acme/shop")
const number = PullNumber.make(7)

const job = new Job({
  id: jobIdOfDelivery("github", DeliveryId.make("a-delivery")),
  lane: new Lane({ namespace: Namespace.make(""), platform: "github", repo, number, bot: Login.make("nominalbot") }),
  event: PullRequestEvent.cases.Lifecycle.make({
    kind: "pr_opened",
    pullRequest: new PullRequestRef({ platform: "github", repo, number }),
    title: "Add retries",
    author: Login.make("ada"),
    headSha: Sha.make("a".repeat(40)),
    headBranch: "retries",
    baseBranch: "main"
  }),
  prompt: "",
  delivery: DeliveryId.make("a-delivery"),
  receivedAt: 0
})

/** The Job of a review, as a server with a configuration file makes it. */
const madeFrom = (config: string) =>
  Effect.map(loaded(config), ({ kubernetes, redis }): Resource => {
    const template = { kubernetes: Option.getOrThrow(kubernetes), redis: Option.getOrThrow(redis) }
    // Its apiVersion, kind and name are there: the schema test says so.
    return Manifest.make(template, { job, run: 1, payload: "{}" }) as Resource
  })

describe("the configuration files", () => {
  it.effect.each(["deploy/k8s/base/config.yaml", "deploy/production/config.yaml"])(
    "%s and the Secret are all that a server needs, and it has nothing to warn of",
    (config) =>
      Effect.gen(function*() {
        const { storage, warnings } = yield* loaded(config)
        assert.strictEqual(storage, "redis")
        assert.deepStrictEqual(warnings, [])
      })
  )

  it.effect("the Secret as it is in the template stops the start, with each value that is to be filled in", () =>
    Effect.gen(function*() {
      const untouched = Object.assign({}, ...secretsIn(secretTemplate))
      const { problems } = yield* Effect.flip(loaded("deploy/k8s/base/config.yaml", untouched))
      const named = problems.map((problem) => /([A-Z_]+)\)?: the value is the placeholder/.exec(problem)?.[1])
      assert.sameMembers(named, [
        "GITHUB_TOKEN",
        "GITHUB_WEBHOOK_SECRET",
        "JOBS_SIGNING_KEY",
        "REDIS_URL",
        "GOOGLE_API_KEY"
      ])
    }))

  it.effect.each(["anthropic", "openai", "google"] as const)(
    "%s can be chosen by agent.provider alone: its key has a place in the Secret",
    (provider) =>
      Effect.gen(function*() {
        const { providers, review } = yield* loaded("deploy/k8s/base/config.yaml", { AGENT_PROVIDER: provider })
        assert.strictEqual(review.reviewer.provider, provider)
        assert.deepStrictEqual(providers.map(({ name }) => name), [provider])
      })
  )

  it.effect("deploy/local/config.yaml has only settings that there are", () =>
    Effect.gen(function*() {
      assert.isTrue(Option.isNone((yield* loaded("deploy/local/config.yaml")).kubernetes))
    }))

  it("the Secrets' entries are variables that the server reads, but for the passwords that only Redis takes", () => {
    const reference = readFileSync(`${root}/docs/configuration.md`, "utf8")
    const known = Object.keys(secret).filter((name) => reference.includes(`\`${name}\``))
    assert.deepStrictEqual([...known, "REDIS_JOB_PASSWORD", "REDIS_PASSWORD"].sort(), Object.keys(secret).sort())
    assert.include(own?.["REDIS_URL"], `//:${shared?.["REDIS_PASSWORD"]}@`)
    assert.include(shared?.["REDIS_URL"], `//nominal-job:${shared?.["REDIS_JOB_PASSWORD"]}@`)
  })

  it("the Jobs are of the namespace that the manifests make, with the Secret that they bring", () => {
    for (const overlay of ["k8s/base", "production"]) {
      const { kubernetes } = yaml(`deploy/${overlay}/config.yaml`)
      assert.strictEqual(kubernetes.namespace, "nominal-code")
      assert.deepStrictEqual(kubernetes.env_from_secrets, ["nominal-code-secrets"])
    }
  })
})

describe.each(["deploy/k8s/base/config.yaml", "deploy/production/config.yaml"])("a Job by %s", (config) => {
  it.effect("is what Kubernetes' schema says, and its pod passes the namespace's profile", () =>
    Effect.gen(function*() {
      const made = yield* madeFrom(config)
      assert.deepStrictEqual(problems(made), [])
      assert.deepStrictEqual(podsOf([made]).flatMap(([, pod]) => weaknesses(pod)), [])
    }))

  it.effect("gets the Jobs' Secret alone, and of it neither the webhook's secret nor Redis' own password", () =>
    Effect.gen(function*() {
      const [[, pod] = []] = podsOf([yield* madeFrom(config)])
      const container = pod?.spec?.containers[0] ?? { name: "none" }
      const prepared = prepare(container, "nominal-code", new Map([["nominal-code-secrets", shared ?? {}]]))
      if ("obstacle" in prepared) return assert.fail(prepared.obstacle)
      assert.strictEqual(prepared.environment.get("REDIS_URL"), shared?.["REDIS_URL"])
      assert.strictEqual(prepared.environment.get("GITHUB_TOKEN"), shared?.["GITHUB_TOKEN"])
      // All in one Secret, as before there were two.
      const single = prepare(container, "nominal-code", new Map([["nominal-code-secrets", secret]]))
      if ("obstacle" in single) return assert.fail(single.obstacle)
      for (const { environment } of [prepared, single]) {
        for (
          const name of [
            "GITHUB_WEBHOOK_SECRET",
            "JOBS_SIGNING_KEY",
            "REDIS_PASSWORD",
            "REDIS_JOB_PASSWORD",
            "ALLOWED_USERS"
          ]
        ) {
          assert.isFalse(environment.has(name), name)
        }
        assert.notInclude([...environment.values()], secret["GITHUB_WEBHOOK_SECRET"])
      }
    }))

  it.effect("holds no secret", () =>
    Effect.gen(function*() {
      const made = JSON.stringify(yield* madeFrom(config))
      for (const [name, value] of Object.entries(secret)) assert.notInclude(made, value, name)
    }))

  it.effect.skipIf(!hasKubectl)(
    "is under the Jobs' network policy, and may talk to Redis (kubectl)",
    () =>
      Effect.gen(function*() {
        const [[, pod] = []] = podsOf([yield* madeFrom(config)])
        const labels: Readonly<Record<string, string>> = pod?.metadata?.labels ?? {}
        const policy = find<V1NetworkPolicy>(overlay("k8s/base"), "NetworkPolicy", "nominal-code-job")
        assert.deepInclude(labels, policy.spec?.podSelector?.matchLabels ?? { nothing: "selected" })
        assert.include(["server", "job"], labels["app.kubernetes.io/component"])
      })
  )
})
