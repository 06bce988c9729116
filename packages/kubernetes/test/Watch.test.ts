import { assert, it } from "@effect/vitest"
import { KubeClient, type ObjectList, type WatchEvent } from "@nominal-code/kubernetes/KubeClient"
import { KubeError } from "@nominal-code/kubernetes/KubeError"
import type { KubeJob } from "@nominal-code/kubernetes/KubeObjects"
import * as KubeJobWatch from "@nominal-code/kubernetes/Watch"
import { quiet } from "@nominal-code/testing/Quiet"
import { Deferred, Effect, Layer, Logger, Option, PubSub, Queue, Stream } from "effect"
import { TestClock } from "effect/testing"
import { kubeJob } from "./FakeKube.ts"

const running = kubeJob({ name: "one", running: true })
const ended: KubeJob = { ...running, end: Option.some({ succeeded: true, reason: "", message: "" }) }

const expired = new KubeError({ operation: "watch Jobs", reason: "expired", detail: "too old resource version" })
const forbidden = new KubeError({ operation: "list pods", reason: "forbidden", detail: "pods is forbidden" })

/** A watch whose lists are answered and whose events happen when the test says so. `asked` is what it asked for. */
const world = Effect.gen(function*() {
  const lists = yield* Queue.unbounded<Deferred.Deferred<ObjectList<KubeJob>, KubeError>>()
  const events = yield* PubSub.unbounded<WatchEvent<KubeJob> | KubeError>()
  const asked: Array<string> = []
  const client = Layer.mock(KubeClient, {
    jobs: {
      list: () =>
        Effect.gen(function*() {
          asked.push("list")
          const answer = yield* Deferred.make<ObjectList<KubeJob>, KubeError>()
          yield* Queue.offer(lists, answer)
          return yield* Deferred.await(answer)
        }),
      watch: (_selector, version) => {
        asked.push(`watch ${version}`)
        return Stream.fromPubSub(events).pipe(
          Stream.mapEffect((event) => event instanceof KubeError ? Effect.fail(event) : Effect.succeed(event))
        )
      }
    },
    pods: {
      list: () => {
        asked.push("list pods")
        return Effect.fail(forbidden)
      },
      watch: () => Stream.empty
    }
  })
  const { observe } = yield* KubeJobWatch.make.pipe(Effect.provide([client, Logger.layer([])]))
  const observation = yield* observe("one")
  yield* quiet
  return {
    asked,
    observation,
    /** Answers the list that waits. */
    answer: (version: string, ...items: ReadonlyArray<KubeJob>) =>
      Queue.take(lists).pipe(
        Effect.flatMap((list) => Deferred.succeed(list, { items, version })),
        Effect.andThen(quiet)
      ),
    happen: (event: WatchEvent<KubeJob> | KubeError) => Effect.andThen(PubSub.publish(events, event), quiet)
  }
})

const snapshotOf = (observation: KubeJobWatch.KubeJobObservation) =>
  Effect.map(observation.snapshot, ({ gone, job }) => ({ gone, job: Option.getOrUndefined(job) }))

it.effect("a Job that was created while the list was on its way is not gone for not being in it", () =>
  Effect.gen(function*() {
    const { answer, observation } = yield* world
    yield* observation.confirm(running)
    yield* answer("5")
    assert.deepStrictEqual(yield* snapshotOf(observation), { gone: false, job: running })
  }))

it.effect("a Job that is not in a list that was asked for after its creation is gone", () =>
  Effect.gen(function*() {
    const { answer, observation, happen } = yield* world
    yield* answer("5")
    yield* observation.confirm(running)
    yield* happen(expired)
    yield* TestClock.adjust("1 second")
    yield* answer("9")
    assert.strictEqual((yield* snapshotOf(observation)).gone, true)
  }))

it.effect("what the watch has told stands against an older answer that comes later", () =>
  Effect.gen(function*() {
    const { answer, observation, happen } = yield* world
    yield* answer("5")
    yield* happen({ _tag: "Changed", item: ended, version: "6" })
    yield* observation.confirm(running)
    assert.deepStrictEqual(yield* snapshotOf(observation), { gone: false, job: ended })
  }))

it.effect("the end of another Job of the same name, before this one was created, is not its end", () =>
  Effect.gen(function*() {
    const { answer, observation, happen } = yield* world
    yield* answer("5")
    yield* happen({ _tag: "Removed", item: ended, version: "6" })
    yield* observation.confirm(running)
    assert.deepStrictEqual(yield* snapshotOf(observation), { gone: false, job: running })
  }))

it.effect("a lost connection is made again where it was, without a new list; one that missed too much lists", () =>
  Effect.gen(function*() {
    const { answer, asked, happen } = yield* world
    const jobs = () => asked.filter((one) => one !== "list pods")
    yield* answer("5")
    yield* happen({ _tag: "Progress", version: "8" })
    yield* happen(new KubeError({ operation: "watch Jobs", reason: "unreachable", detail: "cut" }))
    yield* TestClock.adjust("1 second")
    yield* quiet
    assert.deepStrictEqual(jobs(), ["list", "watch 5", "watch 8"])
    yield* happen(expired)
    yield* TestClock.adjust("1 second")
    yield* quiet
    assert.deepStrictEqual(jobs(), ["list", "watch 5", "watch 8", "list"])
  }))

it.effect("an API server that forbids what it forbids is asked often for a minute, as it may be starting, then seldom", () =>
  Effect.gen(function*() {
    const { asked } = yield* world
    const lists = () => asked.filter((one) => one === "list pods").length
    yield* TestClock.adjust("1 minute")
    const [first] = [lists()]
    assert.isAtLeast(first, 10)
    yield* TestClock.adjust("10 seconds")
    const before = lists()
    yield* TestClock.adjust("10 minutes")
    assert.isAtMost(lists() - before, 11)
  }))
