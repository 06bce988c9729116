import { assert, layer } from "@effect/vitest"
import * as KubeEmulator from "@nominal-code/testing/KubeEmulator"
import * as RedisServer from "@nominal-code/testing/RedisServer"
import { queueAt } from "@nominal-code/testing/RedisStore"
import { submitReview, turns } from "@nominal-code/testing/ScriptedModel"
import { Context, Effect, Layer, Redacted } from "effect"
import { leaksIn } from "./Canaries.ts"
import { secretName, urlOfJobs } from "./Cluster.ts"
import * as GitLabJourney from "./GitLabJourney.ts"
import { bot, stalled } from "./Journey.ts"
import { change, finding } from "./Shop.ts"

const opened = { event: "merge_request", action: "open" } as const

/** Merge requests that are reviewed in a cluster: Jobs for the reviews, and Redis for the queue. */
const make = Effect.gen(function*() {
  const redis = yield* RedisServer.start({ password: "a-password-that-nobody-may-see" })
  const kube = yield* KubeEmulator.make()
  const url = Redacted.value(redis.url)
  const world = yield* GitLabJourney.make({
    K8S_ENV_FROM_SECRETS: secretName,
    K8S_IMAGE: "registry.example/nominal-code:v1",
    K8S_NAMESPACE: kube.namespace,
    KUBECONFIG: kube.kubeconfig,
    REDIS_URL: url
  }, queueAt(redis))
  const { apiKey, token } = world.secrets
  kube.secrets.set(secretName, { ANTHROPIC_API_KEY: apiKey, GITLAB_TOKEN: token, REDIS_URL: yield* urlOfJobs(redis) })
  return { ...world, kube }
})

class World extends Context.Service<World, Effect.Success<typeof make>>()("nominal-code/test/GitLabKubernetes") {}

RedisServer.redisSuite(
  "a merge request in a cluster",
  () =>
    layer(Layer.effect(World, make), { excludeTestServices: true, timeout: "2 minutes" })((it) => {
      it.effect("is reviewed in a Job without a secret, and again in another one after a push", () =>
        Effect.gen(function*() {
          const { checkHonesty, gitlab, kube, open, run, script, secrets, serve, written } = yield* World
          const request = yield* open("pushed-in-cluster")
          const cents = finding("src/total.ts", "Rounding the total here loses cents of every order.")
          script(request, turns({ calls: [submitReview("One problem.", [cents])] }))
          const job = yield* run({ ...opened, request })
          const oldrev = yield* gitlab.push(request, [change("tax", "return 0")])
          const zero = finding("src/tax.ts", "Nobody pays any tax with this constant in place.")
          script(request, turns({ calls: [submitReview("One more.", [cents, zero])] }))
          const next = yield* run({ event: "merge_request", action: "update", request, oldrev })

          const places = written(request).flatMap(({ discussion: { position } }) => position?.new_path ?? [])
          assert.deepStrictEqual(places, ["src/total.ts", "src/tax.ts"])
          const summaries = written(request).filter(({ discussion }) => discussion.position === undefined)
          assert.deepStrictEqual(
            summaries.map(({ body }) => /<!-- nominal-code job=(\w+) sha=\w+ -->/.exec(body)?.[1]),
            [job.id, next.id]
          )
          const history = kube.store.since(0)
          const jobs = history.map(({ object }) =>
            object.kind === "Job" && object.metadata.labels["nominal-code/job-id"]
          )
          assert.includeMembers(jobs, [job.id, next.id])
          assert.deepStrictEqual(kube.controller.refused, [])
          const everything = JSON.stringify([history, serve.log])
          assert.deepStrictEqual(leaksIn(secrets, "the cluster or the log", everything), [])
          yield* checkHonesty
        }))

      it.effect("is answered in the discussion in which it was asked", () =>
        Effect.gen(function*() {
          const { checkHonesty, gitlab, open, run, script, written } = yield* World
          const request = yield* open("mentioned-in-cluster")
          script(request, turns({ calls: [submitReview("Since nobody pays half a cent.", [])] }))
          const note = yield* gitlab.discuss(request, "mara", `@${bot} why is it rounded?`)
          yield* run({ event: "note", action: "create", note })
          const [answer, ...more] = written(request)
          assert.deepStrictEqual(more, [])
          assert.strictEqual(answer?.discussion, note.discussion)
          assert.include(answer?.body ?? "", "Since nobody pays half a cent.")
          yield* checkHonesty
        }))

      it.effect("waits without an attempt for a GitLab that goes away while its pod runs, and has one review", () =>
        Effect.gen(function*() {
          const { done, gitlab, kube, open, script, send, written } = yield* World
          const request = yield* open("away-in-cluster")
          const thinking = stalled({ calls: [submitReview("Back again.", [])] })
          script(request, thinking.script)
          const job = yield* send({ ...opened, request })
          yield* thinking.asked
          gitlab.faults.away("10 seconds")
          yield* thinking.release
          const { attempts } = yield* done(job)
          assert.strictEqual(attempts, 1)
          assert.strictEqual(written(request).length, 1)
          const jobs = kube.store.jobs().filter(({ metadata }) => metadata.labels["nominal-code/job-id"] === job)
          assert.isAtLeast(jobs.length, 2)
        }))
    })
)
