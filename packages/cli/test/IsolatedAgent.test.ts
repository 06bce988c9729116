import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { AgentRunner, type AgentTask } from "@nominal-code/agent/AgentRunner"
import { AgentLink } from "@nominal-code/agent/isolated/AgentLink"
import { AgentLost } from "@nominal-code/agent/isolated/AgentLost"
import * as AgentProcess from "@nominal-code/agent/isolated/AgentProcess"
import * as IsolatedAgent from "@nominal-code/agent/isolated/IsolatedAgent"
import * as TaskModel from "@nominal-code/agent/TaskModel"
import { Block } from "@nominal-code/domain/model/Conversation"
import { Usage } from "@nominal-code/domain/model/Usage"
import * as KnownSecrets from "@nominal-code/domain/secret/KnownSecrets"
import { LlmError } from "@nominal-code/llm/LlmError"
import { LlmProvider, type LlmRequest, type LlmResponse } from "@nominal-code/llm/LlmProvider"
import * as LlmProviders from "@nominal-code/llm/LlmProviders"
import { FirstDelay, limitsWithin, MayRepeatBilled, retrying } from "@nominal-code/llm/Retry"
import * as ModelServer from "@nominal-code/llm/sidecar/ModelServer"
import * as RemoteModels from "@nominal-code/llm/sidecar/RemoteModels"
import * as Git from "@nominal-code/workspace/Git"
import {
  Cause,
  Context,
  Deferred,
  Duration,
  Effect,
  Exit,
  Fiber,
  FileSystem,
  Layer,
  Option,
  Redacted,
  Schema
} from "effect"
import { RpcClient } from "effect/rpc"
import { connect } from "node:net"
import * as Sockets from "../src/isolated/Sockets.ts"

const secret = "a-secret-of-the-publisher-that-nobody-may-see"

const Answer = Schema.Struct({ summary: Schema.NonEmptyString })

const task: AgentTask<typeof Answer.Type> = {
  settings: { provider: "anthropic", model: "claude-sonnet-4", maxTurns: 8 },
  system: "You review.",
  prompt: "The diff.",
  tools: [],
  history: { messages: [] },
  submission: {
    toolName: "submit_review",
    description: "Hands in the review",
    input: Answer,
    decode: (input) => Effect.mapError(Schema.decodeUnknownEffect(Answer)(input), ({ message }) => message)
  }
}

const usage = new Usage({ input: 1_000, output: 100, cacheRead: 0, cacheWrite: 0 })

const calling = (name: string, input: Schema.Json): LlmResponse => ({
  content: [Block.cases.ToolUse.make({ id: "call_1", name, input })],
  stop: "tool-use",
  usage
})

const answering = (...responses: ReadonlyArray<LlmResponse>) => {
  const requests: Array<LlmRequest> = []
  const send = (request: LlmRequest) =>
    Effect.suspend(() => {
      const response = responses[Math.min(requests.push(request), responses.length) - 1]
      return response === undefined ? Effect.never : Effect.succeed(response)
    })
  return { requests, send }
}

/** Sends more than a message may have, and no end of it. */
const endless = (path: string) =>
  Effect.callback<void>((resume) => {
    const socket = connect(path, () => socket.write("x".repeat(17 * 1024 * 1024)))
    socket.on("close", () => resume(Effect.void)).on("error", () => undefined)
  })

const providerOf = (send: LlmProvider["Service"]["send"]) =>
  LlmProviders.layer([Layer.succeed(LlmProvider, LlmProvider.of({ name: "anthropic", send }))])

/** The publisher's runner on a model, and the socket that it listens at. */
const publisher = Effect.fnUntraced(function*(send: LlmProvider["Service"]["send"]) {
  const directory = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
  const path = `${directory}/socket`
  const layer = IsolatedAgent.layer.pipe(
    Layer.provide([Layer.provide(TaskModel.layer, providerOf(send)), Sockets.server(path)])
  )
  const { run } = Context.get(yield* Layer.build(layer), AgentRunner)
  const agent = AgentProcess.work.pipe(
    Effect.scoped,
    Effect.provide([Sockets.client(path), Git.layer({ baseDir: `${directory}/agent` })])
  )
  return { agent, path, run }
})

/** The requests that whoever has taken the agent's process over can make, and the task that it was given. */
const hijacked = Effect.fnUntraced(function*(path: string) {
  const link = yield* Effect.provide(RpcClient.make(AgentLink), yield* Layer.build(Sockets.client(path)))
  return { link, task: yield* link.Next() }
})

const call = {
  next: { previous: Usage.none, newBytes: 0, maxOutputTokens: 16_384 },
  closing: false,
  system: "",
  messages: [{ role: "user", content: [Block.cases.Text.make({ text: "Hello." })] }],
  tools: [],
  demand: "",
  hasSubstitute: false,
  waitedMillis: 0
} as const

const { model, provider } = task.settings

describe("an agent in a process of its own", () => {
  it.live("works on a task, is told why an answer is refused, and hands in another one", () =>
    Effect.gen(function*() {
      const { requests, send } = answering(
        calling("WriteNotes", { content: "Seen." }),
        calling("submit_review", { summary: "" }),
        calling("submit_review", { summary: "Fine." })
      )
      const { agent, run } = yield* publisher(send)
      yield* Effect.forkScoped(agent)
      const { answer, conversation, stopped, turns, usage } = yield* run(task)
      assert.deepStrictEqual(answer, Option.some({ summary: "Fine." }))
      assert.deepStrictEqual([stopped, turns, usage.calls, usage.usage.input], ["submitted", 3, 3, 3_000])
      assert.deepStrictEqual(requests[0]?.tools.map(({ name }) => name), ["submit_review"])
      assert.include(JSON.stringify(requests[2]?.messages), "Not accepted")
      assert.include(JSON.stringify(conversation), "Received.")
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("hears of a model's failure as it is, and shortens a prompt that is too long", () =>
    Effect.gen(function*() {
      const error = new LlmError({ provider, reason: "context-too-long", message: "too long" })
      const prompts: Array<string> = []
      const { agent, run } = yield* publisher((request) => {
        prompts.push(JSON.stringify(request.messages))
        return Effect.fail(error)
      })
      yield* Effect.forkScoped(agent)
      let left = 1
      const shorter = Effect.sync(() => left-- > 0 ? Option.some("Less.") : Option.none())
      const failed = yield* Effect.flip(run({ ...task, shorter }))
      assert.deepStrictEqual(failed, error)
      assert.deepStrictEqual(prompts.map((prompt) => prompt.includes("Less.")), [false, true])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("cannot show a model what is secret here, open another model, hand in what is no answer, or tell its own bill", () =>
    Effect.gen(function*() {
      const { requests, send } = answering(calling("submit_review", { summary: "Fine." }))
      const { path, run } = yield* publisher(send)
      const running = yield* Effect.forkChild(
        Effect.provideService(
          run(task),
          KnownSecrets.KnownSecrets,
          KnownSecrets.makeKnownSecrets([Redacted.make(secret)])
        )
      )
      const { link, task: { run: id } } = yield* hijacked(path)
      const other = yield* Effect.flip(link.Open({ run: id, provider, model: "claude-opus-9", caps: [] }))
      assert.include(other.message, "no model of this task")
      const opened = yield* link.Open({ run: id, provider, model, caps: [] })
      const text = Block.cases.Text.make({ text: `it is ${secret}` })
      yield* link.Call({
        run: id,
        model: opened.model,
        call: { ...call, messages: [{ role: "user", content: [text] }] }
      })
      assert.notInclude(JSON.stringify(requests), secret)
      assert.strictEqual((yield* Effect.flip(link.Submit({ run: id, input: {}, lenient: true })))._tag, "NotAccepted")
      yield* link.Done({
        run: id,
        result: { answered: true, text: "", conversation: { messages: [] }, turns: 1, stopped: "submitted" }
      })
      const { answer, usage } = yield* Fiber.join(running)
      assert.deepStrictEqual([answer, usage.calls, usage.usage.input], [Option.none(), 1, 1_000])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("cannot spend more than its task may by telling less of a call than is in it", () =>
    Effect.gen(function*() {
      const { requests, send } = answering(calling("submit_review", { summary: "Fine." }))
      const { path, run } = yield* publisher(send)
      yield* Effect.forkScoped(run({ ...task, maxCostUsd: 0.05 }))
      const { link, task: { run: id } } = yield* hijacked(path)
      const opened = yield* link.Open({ run: id, provider, model, caps: [] })
      const text = Block.cases.Text.make({ text: "x".repeat(1_000_000) })
      const messages = [{ role: "user" as const, content: [text] }]
      const answer = yield* link.Call({ run: id, model: opened.model, call: { ...call, messages } })
      assert.deepStrictEqual([answer._tag, requests.length], ["Limited", 0])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("stops when nobody waits for its task any more", () =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const stopped = yield* Deferred.make<void>()
      const { agent, run } = yield* publisher(() =>
        Effect.andThen(Deferred.succeed(asked, undefined), Effect.never).pipe(
          Effect.onInterrupt(() => Deferred.succeed(stopped, undefined))
        )
      )
      yield* Effect.forkScoped(agent)
      const running = yield* Effect.forkChild(run(task))
      yield* Deferred.await(asked)
      yield* Fiber.interrupt(running)
      yield* Deferred.await(stopped)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live.each(
    [
      ["ends", (path: string) => Effect.scoped(hijacked(path))],
      ["sends a message without an end", (path: string) => Effect.scoped(Effect.andThen(hijacked(path), endless(path)))]
    ] as const
  )("takes its review along when it %s, instead of letting it wait", ([, what]) =>
    Effect.gen(function*() {
      const { path, run } = yield* publisher(answering().send)
      const running = yield* Effect.forkChild(Effect.exit(run(task)))
      yield* Effect.forkScoped(what(path))
      const exit = yield* Fiber.join(running)
      assert.instanceOf(Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined, AgentLost)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
})

/** The models' container on a provider, and the publisher's side of it. */
const sidecar = Effect.fnUntraced(function*(send: LlmProvider["Service"]["send"]) {
  const path = `${yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()}/socket`
  yield* Layer.build(ModelServer.layer.pipe(Layer.provide([providerOf(send), Sockets.server(path)])))
  const limits = limitsWithin(Duration.seconds(60))
  const models = RemoteModels.layer({ names: [provider, "google"], limits }).pipe(Layer.provide(Sockets.client(path)))
  return Context.get(yield* Layer.build(models), LlmProviders.LlmProviders)
})

const request: LlmRequest = { ...call, model, toolChoice: "auto", maxOutputTokens: 100 }

describe("models whose keys another container has", () => {
  it.live("answer, and those that are not configured there do not", () =>
    Effect.gen(function*() {
      const { requests, send } = answering(calling("submit_review", { summary: "Fine." }))
      const { of } = yield* sidecar(send)
      const response = yield* (yield* of(provider)).send(request)
      assert.deepStrictEqual(response, calling("submit_review", { summary: "Fine." }))
      assert.deepStrictEqual([requests[0]?.model, requests[0]?.messages], [model, request.messages])
      const error = yield* Effect.flip(Effect.flatMap(of("google"), (google) => google.send(request)))
      assert.deepStrictEqual([error.reason, requests.length], ["invalid-request", 1])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("are shown no secret of their container, and show none", () =>
    Effect.gen(function*() {
      const { requests, send } = answering(calling("submit_review", { summary: `The key is ${secret}.` }))
      const { of } = yield* sidecar(send)
      const text = Block.cases.Text.make({ text: `it is ${secret}` })
      const asked = { ...request, messages: [{ role: "user", content: [text] }] } satisfies LlmRequest
      const response = yield* (yield* of(provider)).send(asked)
      assert.strictEqual(requests.length, 1)
      assert.notInclude(JSON.stringify([requests, response]), secret)
    }).pipe(
      Effect.provideService(
        KnownSecrets.KnownSecrets,
        KnownSecrets.makeKnownSecrets([Redacted.make(secret)])
      ),
      Effect.scoped,
      Effect.provide(NodeServices.layer)
    ))

  it.live("are asked again by the one who pays, once for each time that it agrees", () =>
    Effect.gen(function*() {
      let calls = 0
      const lost = new LlmError({ provider, reason: "timeout", message: "no answer" })
      const attempt = Effect.suspend(() => {
        calls += 1
        return Effect.fail(lost)
      })
      const { of } = yield* sidecar(() => retrying(provider, limitsWithin(Duration.seconds(60)))(attempt))
      let agreed = 2
      const error = yield* Effect.flip(
        Effect.flatMap(of(provider), (one) => one.send(request)).pipe(
          Effect.provideService(FirstDelay, Duration.millis(1)),
          Effect.provideService(MayRepeatBilled, Effect.sync(() => agreed-- > 0))
        )
      )
      assert.deepStrictEqual([calls, error.reason, error.mayBeBilled], [3, "timeout", false])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
})
