import { NodeServices } from "@effect/platform-node"
import { it } from "@effect/vitest"
import { PullNumber, PullRequestRef, RepoName, Sha } from "@nominal-code/domain/event/PullRequest"
import { DeliveryId, Job, jobIdOfDelivery, JobOutcome } from "@nominal-code/domain/job/Job"
import { Lane } from "@nominal-code/domain/job/Lane"
import { JobQueue } from "@nominal-code/jobs/JobQueue"
import { JobRecords, reasonOf } from "@nominal-code/jobs/JobRecords"
import { JobResults } from "@nominal-code/jobs/JobResults"
import * as RedisJobResults from "@nominal-code/jobs/redis/RedisJobResults"
import * as Redis from "@nominal-code/persistence/Redis"
import * as KubeEmulator from "@nominal-code/testing/KubeEmulator"
import type { RunningPod } from "@nominal-code/testing/KubePods"
import { redisSuite, start } from "@nominal-code/testing/RedisServer"
import { queueAt } from "@nominal-code/testing/RedisStore"
import { breaches } from "@nominal-code/testing/Renderer"
import { type Script, submitReview } from "@nominal-code/testing/ScriptedModel"
import { Context, Effect, FileSystem, Layer, Option, Redacted } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { leaksIn, leaksUnder } from "../journeys/Canaries.ts"
import { secretName } from "../journeys/Cluster.ts"
import * as GitLabJourney from "../journeys/GitLabJourney.ts"
import { eventually, stalled, until } from "../journeys/Journey.ts"
import { change, finding } from "../journeys/Shop.ts"
import { escapes, hijacked, hostileFiles, mark, orders } from "./Attacks.ts"
import { type Breaches, told, tryAll, wrong } from "./Rows.ts"

const opened = { event: "merge_request", action: "open" } as const

const redisPassword = "a-password-of-redis-that-nobody-may-see"
const signingKey = "a-key-of-the-servers-that-no-pod-may-have"

/**
 * A server over a GitLab and a cluster with one Secret and one Redis user for all: the setup that protects least. A pod
 * has all rights in that Redis.
 */
const makeWorld = Effect.fnUntraced(function*(isolation: "none" | "strict") {
  const redis = yield* start({ password: redisPassword })
  const kube = yield* KubeEmulator.make()
  const url = Redacted.value(redis.url)
  const journey = yield* GitLabJourney.make({
    JOBS_SIGNING_KEY: signingKey,
    K8S_ISOLATION: isolation,
    K8S_ENV_FROM_SECRETS: secretName,
    K8S_IMAGE: "registry.example/nominal-code:v1",
    K8S_NAMESPACE: kube.namespace,
    KUBECONFIG: kube.kubeconfig,
    REDIS_URL: url
  }, queueAt(redis))
  const { apiKey, token, webhookSecret } = journey.secrets
  kube.secrets.set(secretName, {
    ANTHROPIC_API_KEY: apiKey,
    GITLAB_TOKEN: token,
    GITLAB_WEBHOOK_SECRET: webhookSecret,
    JOBS_SIGNING_KEY: signingKey,
    REDIS_URL: url
  })
  const directory = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped({ prefix: "nominal-hostile-" })
  const podLogs = new Set<ReadonlyArray<string>>()
  const environments: Array<{ readonly container: string; readonly text: string }> = []
  return { ...journey, kube, redis, directory, podLogs, environments }
})
type World = Effect.Success<ReturnType<typeof makeWorld>>

/** The environments of a pod's processes, as the system shows them to whoever has taken one over. */
const environmentsOf = ({ processes }: RunningPod) =>
  [...processes].map(([container, pid]) => ({ container, text: readFileSync(`/proc/${pid}/environ`, "utf8") }))

let heard: { prompt: string; results: ReadonlyArray<string> } = { prompt: "", results: [] }

/** Does as an attacker would who speaks through the model: tries every tool, then posts all that it can. */
const compromised =
  ({ directory, environments, kube, podLogs, secrets }: World): Script => ({ prompt, system, toolResults, turn }) => {
    for (const pod of kube.controller.running.values()) {
      podLogs.add(pod.log)
      if (turn === 0) environments.push(...environmentsOf(pod))
    }
    if (turn === 0) {
      heard = { prompt: `${system}\n${prompt}`, results: [] }
      return { calls: escapes(directory).slice(0, 32) }
    }
    heard = { ...heard, results: [...heard.results, ...toolResults] }
    // What a pod does not hold, nobody can have told the model.
    const evil = hijacked({ ...secrets, webhookSecret: redisPassword })
    return {
      calls: [submitReview(evil, [
        finding("src/total.ts", evil, { suggestion: `return "${secrets.token}"` }),
        finding(`src/${secrets.apiKey}.ts`, `Second. ${evil}`, { suggestion: evil })
      ])]
    }
  }

const forgedResult = JobOutcome.cases.Reviewed.make({
  headSha: Sha.make("f".repeat(40)),
  findings: 66,
  alreadyPosted: false
})

/** Does as somebody would who has taken over a pod, and has its Redis: works on the jobs of others. */
const takenOver = Effect.fnUntraced(function*({ done, open, redis, script, send, serve, written }: World) {
  const context = yield* Layer.build(
    Layer.merge(
      queueAt(redis),
      Layer.provide(Layer.fresh(RedisJobResults.layer), Layer.fresh(Redis.layer(redis.url)))
    )
  )
  const records = Context.get(context, JobRecords)
  const other = yield* open("work-of-others")
  const thinking = stalled({ calls: [submitReview("Fine.", [])] })
  script(other, thinking.script)
  const id = yield* send({ ...opened, request: other })
  yield* thinking.asked
  yield* Context.get(context, JobResults).report({ id, run: 1 }, forgedResult)
  yield* until("a look at the forged result", () => serve.log.some((line) => line.includes("is ignored")))

  const genuine = yield* eventually("the job", Effect.map(records.find(id), Option.flatMap(({ job }) => job)))
  const victim = yield* open("victim")
  const [repo, number] = [RepoName.make(victim.project.path), PullNumber.make(victim.iid)]
  const delivery = DeliveryId.make("a delivery that never was")
  const forged = new Job({
    ...genuine,
    id: jobIdOfDelivery("gitlab", delivery),
    delivery,
    lane: new Lane({ ...genuine.lane, repo, number }),
    event: { ...genuine.event, pullRequest: new PullRequestRef({ platform: "gitlab", repo, number }) }
  })
  // Whoever may write everything also gets around what keeps a program without the key from it.
  yield* redis.command("rename", "{nc:0}:signers", "{nc:0}:away")
  yield* Context.get(context, JobQueue).offer(forged)
  yield* redis.command("rename", "{nc:0}:away", "{nc:0}:signers")
  const refused = yield* eventually(
    "the end of the forged job",
    Effect.map(records.find(forged.id), Option.filter(({ state }) => state !== "waiting" && state !== "running"))
  )
  yield* thinking.release
  return { refused, written: written(victim), own: yield* done(id), reviewed: written(other) }
})

/** Names of the secrets in the environment of a container of a Job, as it runs. */
const heldBy = (container: string, { environments, redis, secrets }: World): Breaches => {
  const found = environments.filter((one) => one.container === container)
  const held = Object.entries({ ...secrets, redisPassword, signingKey, redis: Redacted.value(redis.url) })
  return [
    ...wrong(found.length === 0, `no environment of ${container} was seen`),
    ...found.flatMap(({ text }) => held.filter(([, secret]) => text.includes(secret)).map(([name]) => name))
  ]
}

/** Mounts of a container of a Job. */
const mountsOf = (container: string, { kube }: World) =>
  kube.store.jobs().flatMap(({ spec }) =>
    (spec.template.spec?.containers ?? []).filter(({ name }) => name === container).flatMap(({ volumeMounts = [] }) =>
      volumeMounts.map(({ name, readOnly = false }) => `${name}${readOnly ? " (read-only)" : ""}`)
    )
  )

redisSuite("a hostile repository and a hijacked model, in a Job and on GitLab", () => {
  it.live.each(["none", "strict"] as const)(
    "try what the threat model lists for a pod, and each row holds: isolation %s",
    (isolation) =>
      Effect.gen(function*() {
        const world = yield* makeWorld(isolation)
        const { checkHonesty, directory, gitlab, kube, open, podLogs, redis, secrets, serve, written } = world
        const own = change("total", "return Math.round(items.sum())")
        const attacked = yield* open("attacked", {
          author: "mallory",
          fork: "mallory",
          commits: [{ ...own, files: { ...own.files, ...hostileFiles(directory) } }]
        })
        world.script(attacked, compromised(world))
        yield* world.run({ ...opened, request: attacked })
        const writes = gitlab.requests.filter(({ method }) => method !== "GET").map(({ path }) => path)
        const [project, fork] = [encodeURIComponent(attacked.project.path), attacked.source.id]
        const mine = new RegExp(
          `^/(?:api/v4/projects/(?:${project}/merge_requests/1/|(?:${project}|${fork})/statuses/)|${attacked.project.path}\\.git/)`
        )
        const texts = written(attacked).map(({ body }) =>
          body.replaceAll(/<!-- nominal-code[^>]*-->\s*(?=(?:<!-- nominal-code[^>]*-->\s*)*$)/g, "")
            .replaceAll(gitlab.origin, "https://github.com")
        )
        const taken = yield* takenOver(world)

        const all = { ...secrets, redisPassword, signingKey }
        const pods = JSON.stringify(kube.store.since(0))
        const inPods = [...podLogs].flat().join("\n")
        const environment = kube.store.jobs().flatMap(({ spec }) =>
          (spec.template.spec?.containers ?? []).flatMap(({ env = [] }) => env.map(({ name }) => name))
        )
        yield* tryAll({
          "T2 a hijacked model": Effect.sync(() => writes.filter((path) => !mine.test(path))),
          "T3 reads outside of the checkout": Effect.sync(() => [
            ...wrong(heard.results.length < 32, `${heard.results.length} tools were tried`),
            ...heard.results.filter((text) => /root:[x*]:0:0|GITLAB_TOKEN|\[core\]|SQLite format/.test(text))
          ]),
          "T4, T6 programs of a repository": Effect.sync(() =>
            wrong(existsSync(`${directory}/${mark}`), "one has run")
          ),
          "T5 instructions of the head": Effect.sync(() =>
            wrong(
              heard.prompt === "" ||
                heard.prompt.replaceAll(/<untrusted-diff>[^]*?<\/untrusted-diff>/g, "").includes(orders),
              "they are in the prompt"
            )
          ),
          "T7, T8, T9, T10 what a forge acts on": Effect.sync(() => [
            ...wrong(texts.length < 2, "nothing was posted"),
            ...texts.flatMap((text) => breaches(text.replaceAll(/^(`{3,})suggestion.*$/gm, "$1"))),
            ...wrong(texts.some((text) => /^`{3,}suggestion/m.test(text)), "a suggestion with a secret")
          ]),
          "T12 a job that a pod has put into the queue": Effect.sync(() => [
            ...wrong(
              taken.refused.state !== "parked" || !reasonOf(taken.refused).startsWith("unsigned: "),
              `${taken.refused.state}: ${reasonOf(taken.refused)}`
            ),
            ...wrong(taken.written.length > 0, "its merge request was told something")
          ]),
          "T12 a result of another's run": Effect.sync(() => [
            ...wrong(taken.own.headSha.pipe(Option.contains(forgedResult.headSha)), "it counts"),
            ...wrong(taken.reviewed.length === 0, "the run's own review is not there")
          ]),
          ...(isolation === "strict"
            ? {
              "T12 the agent's container has no secret": Effect.sync(() => heldBy("agent", world)),
              "T12 the agent's container has no volume of another one": Effect.sync(() =>
                mountsOf("agent", world).filter((mount) =>
                  !["workspace (read-only)", "agent (read-only)", "agent-home"].includes(mount)
                )
              ),
              "T12 only the models' container has their key": Effect.sync(() => [
                ...heldBy("publisher", world).filter((name) => name === "apiKey"),
                ...wrong(heldBy("models", world).join() !== "apiKey", `it has ${heldBy("models", world)}`)
              ])
            }
            : {}),
          "T12 what only the server needs": Effect.sync(() =>
            environment.filter((name) => /WEBHOOK|SIGNING|ALLOWED|QUOTA/.test(name))
          ),
          "T16 secrets, code and prompts in Jobs and logs": Effect.sync(() => [
            ...[...serve.log, ...[...podLogs].flat()].filter((line) =>
              line.includes("items.sum()") || line.includes(orders)
            ),
            ...wrong(podLogs.size === 0, "no log of a pod was seen"),
            ...leaksIn(all, "the cluster", pods)
          ]),
          "secrets in 13 spellings": Effect.gen(function*() {
            const dir = String((yield* redis.command("config", "get", "dir")) ?? "").split(",").at(-1) ?? ""
            return [
              ...leaksIn(all, "a log", `${serve.log.join("\n")}\n${inPods}`),
              ...leaksIn(all, "a request to the forge", JSON.stringify(gitlab.requests)),
              ...leaksIn(all, "a request to the model", JSON.stringify(world.modelRequests().map(told))),
              ...leaksUnder(all, dir)
            ]
          })
        })
        yield* checkHonesty
      }).pipe(Effect.provide(NodeServices.layer)),
    180_000
  )
})
