import { assert, describe, it } from "@effect/vitest"
import type { V1NetworkPolicy } from "@kubernetes/client-node"
import type { KubernetesSettings } from "@nominal-code/config/AppConfig"
import { DeliveryId, Job, jobIdOfDelivery } from "@nominal-code/domain/Job"
import { Lane, Namespace } from "@nominal-code/domain/Lane"
import { Login, PullNumber, PullRequestRef, RepoName, Sha } from "@nominal-code/domain/PullRequest"
import { PullRequestEvent } from "@nominal-code/domain/PullRequestEvent"
import * as KubernetesJob from "@nominal-code/jobs/KubernetesJob"
import { Ajv2020 } from "ajv/dist/2020.js"
import { Duration, Option, Redacted } from "effect"
import { readFileSync } from "node:fs"
import { parse } from "yaml"
import { problems, type Resource } from "./KubernetesSchema.ts"
import { find, hasKubectl, overlay, podsOf, root } from "./Rendering.ts"
import { weaknesses } from "./Weaknesses.ts"

const yaml = (path: string) => parse(readFileSync(`${root}/${path}`, "utf8"))

const secret: Readonly<Record<string, string>> = yaml("deploy/k8s/secret.yaml.template").stringData

const isConfig = new Ajv2020({ strict: false, allErrors: true }).compile(
  JSON.parse(readFileSync(`${root}/packages/config/config.schema.json`, "utf8"))
)

/** The settings of the Jobs that a configuration file names. */
const settingsOf = ({ kubernetes }: {
  readonly kubernetes: {
    readonly image: string
    readonly namespace: string
    readonly image_pull_policy: "Always"
    readonly active_deadline_seconds: number
    readonly env_from_secrets: ReadonlyArray<string>
    readonly resources: Record<"requests" | "limits", { readonly cpu: string; readonly memory: string }>
  }
}): KubernetesSettings => {
  const amounts = ({ cpu, memory }: { readonly cpu: string; readonly memory: string }) => ({
    cpu: Option.some(cpu),
    memory: Option.some(memory)
  })
  return {
    image: kubernetes.image,
    namespace: kubernetes.namespace,
    serviceAccount: Option.none(),
    imagePullPolicy: Option.some(kubernetes.image_pull_policy),
    backoffLimit: 0,
    activeDeadline: Duration.seconds(kubernetes.active_deadline_seconds),
    ttlAfterFinished: Duration.hours(1),
    envFromSecrets: kubernetes.env_from_secrets,
    environment: {},
    requests: amounts(kubernetes.resources.requests),
    limits: amounts(kubernetes.resources.limits)
  }
}

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
const madeFrom = (config: string): Resource =>
  // Its apiVersion, kind and name are there: the schema test says so.
  KubernetesJob.make({
    kubernetes: settingsOf(yaml(config)),
    redis: { url: Redacted.make(secret["REDIS_URL"] ?? "") },
    conversationTtl: Duration.days(1)
  }, { job, attempt: 1, payload: "{}" }) as Resource

describe("the configuration files", () => {
  it.each(["deploy/k8s/base/config.yaml", "deploy/production/config.yaml", "deploy/local/config.yaml"])(
    "%s has only settings that there are",
    (config) => assert.isTrue(isConfig(yaml(config)), JSON.stringify(isConfig.errors))
  )

  it("the Secret's entries are variables that the server reads, but for the password that only Redis takes", () => {
    const reference = readFileSync(`${root}/docs/configuration.md`, "utf8")
    const known = Object.keys(secret).filter((name) => reference.includes(`\`${name}\``))
    assert.deepStrictEqual([...known, "REDIS_PASSWORD"].sort(), Object.keys(secret).sort())
    assert.include(secret["REDIS_URL"], `:${secret["REDIS_PASSWORD"]}@`)
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
  const made = madeFrom(config)

  it("is what Kubernetes' schema says, and its pod passes the namespace's profile", () => {
    assert.deepStrictEqual(problems(made), [])
    assert.deepStrictEqual(podsOf([made]).flatMap(([, pod]) => weaknesses(pod)), [])
  })

  it("holds no secret", () => {
    for (const [name, value] of Object.entries(secret)) assert.notInclude(JSON.stringify(made), value, name)
  })

  it.skipIf(!hasKubectl)("is under the Jobs' network policy, and may talk to Redis (kubectl)", () => {
    const [[, pod] = []] = podsOf([made])
    const labels: Readonly<Record<string, string>> = pod?.metadata?.labels ?? {}
    const selected = find<V1NetworkPolicy>(overlay("k8s/base"), "NetworkPolicy", "nominal-code-job").spec?.podSelector
    assert.deepInclude(labels, selected?.matchLabels ?? { nothing: "selected" })
    assert.include(["server", "job"], labels["app.kubernetes.io/component"])
  })
})
