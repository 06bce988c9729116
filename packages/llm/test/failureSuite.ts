import { assert, describe, it } from "@effect/vitest"
import { Block } from "@nominal-code/domain/model/Conversation"
import type { LlmError } from "@nominal-code/llm/LlmError"
import { LlmProvider, type LlmRequest } from "@nominal-code/llm/LlmProvider"
import { Deferred, Duration, Effect, Fiber, type Layer } from "effect"
import { type Reply, type scripted, silence, status } from "./ScriptedService.ts"

/** Failures that pass, at every service. */
export const passingEverywhere = [
  "a 429",
  "a 500",
  "a 502 that is a page",
  "a disconnect",
  "half a stream that breaks",
  "half a stream that ends as if it were whole",
  "an error in the middle of a stream",
  "a page instead of a stream",
  "broken JSON in a stream"
] as const

/** Failures that last, at every service, by their reasons. */
export const lastingEverywhere = {
  unauthorized: "a refused key (401, 403)",
  "context-too-long": "a conversation that is too long (413, or the service's own words)",
  "no-model": "a model that the service does not have (404)",
  "invalid-request": "a request that is refused (400)"
} as const

/** A service, and how it says what every service may have to say. */
interface FailingService {
  readonly against: ReturnType<typeof scripted>
  readonly withoutKey: Layer.Layer<LlmProvider>
  readonly request: LlmRequest
  readonly key: string
  /** Said where there is no key. */
  readonly noKey: string
  /** It answers "All well." */
  readonly fine: Reply
  /** It begins an answer, and then says nothing more. */
  readonly stall: Reply
  readonly overloaded: Reply
  /** It wants us away for an hour. */
  readonly away: Reply
  /** Failures that are tried again, by name. */
  readonly passing: Readonly<Record<string, Reply>> & Readonly<Record<typeof passingEverywhere[number], Reply>>
  /** Failures that are not, with their reasons and messages. */
  readonly lasting: ReadonlyArray<readonly [Reply, LlmError["reason"], RegExp]>
}

const page = { "content-type": "text/html" }
const gatewayTimeout = status(504, "<html>Gateway Time-out</html>", page)
const requestTimeout = status(408, "<html>Request Timeout</html>", page)

/** Behaviour of the failures of every service. */
export const failureSuite = ({ against, fine, key, request, ...service }: FailingService): void => {
  const well = [Block.cases.Text.make({ text: "All well." })]

  describe("what passes is tried again", () => {
    it.live.each(Object.entries(service.passing))("%s", ([, reply]) =>
      Effect.gen(function*() {
        const { received, send } = yield* against([reply, fine])
        assert.deepStrictEqual((yield* send(request)).content, well)
        assert.strictEqual(received.length, 2)
      }))

    it.live("but not for ever", () =>
      Effect.gen(function*() {
        const { fails, received } = yield* against([service.overloaded])
        const error = yield* fails(request)
        assert.deepStrictEqual([error.reason, error.retryable, received.length], ["overloaded", true, 5])
      }))

    it.live("nor when the service wants us away for longer than we wait", () =>
      Effect.gen(function*() {
        const { fails, received } = yield* against([service.away])
        const error = yield* fails(request)
        assert.deepStrictEqual([error.reason, received.length], ["rate-limited", 1])
        assert.deepStrictEqual(error.retryAfter, Duration.hours(1))
      }))

    it.live.each([["before the answer", silence], ["within the answer", service.stall]] as const)(
      "nor after the caller has gone %s, which closes the connection",
      ([, reply]) =>
        Effect.gen(function*() {
          const begun = yield* Deferred.make<void>()
          const closed = yield* Deferred.make<void>()
          const { received, send } = yield* against([(response) => {
            response.on("close", () => Deferred.doneUnsafe(closed, Effect.void))
            reply(response)
            Deferred.doneUnsafe(begun, Effect.void)
          }])
          const fiber = yield* Effect.forkChild(send(request))
          yield* Deferred.await(begun)
          yield* Fiber.interrupt(fiber)
          yield* Deferred.await(closed)
          assert.strictEqual(received.length, 1)
        })
    )
  })

  describe.concurrent("silence", () => {
    // Long enough for the first bytes on a loaded machine.
    const idle = Duration.seconds(1)

    it.live("is tried again, for as long as it may last", () =>
      Effect.gen(function*() {
        const { received, send } = yield* against([silence, service.stall, fine], { idle })
        assert.deepStrictEqual((yield* send(request)).content, well)
        // On a loaded machine the good answer may be late, and asked for once more.
        assert.isAtLeast(received.length, 3)
      }))

    it.live.each(
      [
        ["that never says anything is away", silence, "unavailable"],
        ["whose gateway waits in vain for it is away", gatewayTimeout, "unavailable"],
        ["that asks for the request again is away", requestTimeout, "unavailable"],
        ["that falls silent in its answers is not", service.stall, "timeout"]
      ] as const
    )("a service %s", ([, reply, reason]) =>
      Effect.gen(function*() {
        const { fails } = yield* against([reply], { idle })
        assert.strictEqual((yield* fails(request)).reason, reason)
      }))
  })

  describe("what does not pass is said once, in one line, without the key", () => {
    for (const [reply, reason, pattern] of service.lasting) {
      it.live(`${reason}: ${pattern.source}`, () =>
        Effect.gen(function*() {
          const { fails, received } = yield* against([reply])
          const error = yield* fails(request)
          assert.deepStrictEqual([error.reason, received.length], [reason, 1])
          assert.match(error.message, pattern)
          assert.notInclude(error.message, key)
          assert.notInclude(error.message, "\n")
        }))
    }

    it("all that every service can say is tried", () => {
      assert.includeMembers(service.lasting.map(([, reason]) => reason), Object.keys(lastingEverywhere))
    })

    it.live("a missing key", () =>
      Effect.gen(function*() {
        const error = yield* LlmProvider.use((llm) => llm.send(request)).pipe(Effect.flip)
        assert.strictEqual(error.message, service.noKey)
      }).pipe(Effect.provide(service.withoutKey)))
  })
}
