import { timeLeft } from "@nominal-code/domain/job/RunDeadline"
import type { LlmError } from "@nominal-code/llm/LlmError"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import { Deferred, Duration, Effect, Layer, Option, Queue, Ref } from "effect"
import { RpcServer } from "effect/rpc"
import { type AgentEvent, AgentProgress } from "../AgentProgress.ts"
import { type AgentResult, AgentRunner, type AgentTask } from "../AgentRunner.ts"
import { shown } from "../ServiceWait.ts"
import { TaskModels } from "../TaskModel.ts"
import * as ToolCalls from "../ToolCalls.ts"
import { AgentLink, type LinkedResult, type LinkedTask } from "./AgentLink.ts"
import { AgentLost } from "./AgentLost.ts"
import * as LinkedModels from "./LinkedModels.ts"

/** Time within which the agent's process has to take a task. */
const takenWithin = "2 minutes"

/** A task that the agent's process works on. */
interface LinkedRun {
  readonly task: LinkedTask
  readonly models: LinkedModels.LinkedModels
  readonly taken: Deferred.Deferred<void>
  readonly over: Deferred.Deferred<void>
  readonly ended: Deferred.Deferred<LinkedResult, LlmError | StoreError>
  /** Runs an effect in the context of the fiber that waits for the task: with its log, its listeners and its money. */
  readonly within: <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>
  readonly submit: (input: unknown, lenient: boolean) => Effect.Effect<void, string>
  readonly shorten: Effect.Effect<Option.Option<string>>
  readonly report: (event: AgentEvent) => Effect.Effect<void>
}

/** The task as the agent's process is told of it. */
const linkedTask = <A>(
  run: string,
  task: AgentTask<A>,
  left: Option.Option<Duration.Duration>
): LinkedTask => {
  const {
    explorers,
    history,
    isContinuation = false,
    endsWithTurns = false,
    maxCostUsd,
    prompt,
    settings,
    shorter,
    shown,
    submission,
    system,
    tools
  } = task
  const place = tools.find((tool) => tool.place !== undefined)?.place
  return {
    run,
    settings,
    system,
    prompt,
    mayShorten: shorter !== undefined,
    ...(place === undefined ? {} : { place }),
    tools: tools.map(({ name }) => name),
    ...(shown === undefined ? {} : { shown }),
    ...(explorers === undefined ? {} : {
      explorers: {
        settings: explorers.settings,
        system: explorers.system,
        maxConcurrent: explorers.maxConcurrent,
        ...(explorers.maxCostUsd === undefined ? {} : { maxCostUsd: explorers.maxCostUsd })
      }
    }),
    history,
    isContinuation,
    endsWithTurns,
    ...(Option.isSome(left) ? { leftMillis: Math.floor(Duration.toMillis(left.value)) } : {}),
    submit: ToolCalls.submitSpec(submission),
    acceptsText: submission.acceptsText === true,
    ...(maxCostUsd === undefined ? {} : { maxCostUsd })
  }
}

const handlers = (runs: ReadonlyMap<string, LinkedRun>, tasks: Queue.Dequeue<LinkedRun>) => {
  const asked = <A, E>(run: string, what: (run: LinkedRun) => Effect.Effect<A, E>): Effect.Effect<A, E> => {
    const found = runs.get(run)
    return found === undefined ? Effect.interrupt : found.within(what(found))
  }
  return AgentLink.toLayer({
    Next: () =>
      Queue.take(tasks).pipe(
        Effect.tap(({ taken }) => Deferred.succeed(taken, undefined)),
        Effect.map(({ task }) => task)
      ),
    Over: ({ run }) => asked(run, ({ over }) => Deferred.await(over)),
    Open: ({ run, ...request }) => asked(run, ({ models }) => models.open(request)),
    Call: ({ call, model, run }) => asked(run, ({ models }) => models.call(model, call)),
    Used: ({ model, run }) => asked(run, ({ models }) => models.used(model)),
    Close: ({ model, run }) => asked(run, ({ models }) => models.close(model)),
    Submit: ({ input, lenient, run }) =>
      Effect.mapError(
        asked(run, ({ submit }) => submit(input, lenient)),
        (why) => ({ _tag: "NotAccepted" as const, why })
      ),
    Shorten: ({ run }) => asked(run, ({ shorten }) => shorten),
    Report: ({ event, run }) => asked(run, ({ report }) => report(event)),
    Done: ({ result, run }) => asked(run, ({ ended }) => Effect.asVoid(Deferred.succeed(ended, result))),
    Failed: ({ error, run }) => asked(run, ({ ended }) => Effect.asVoid(Deferred.fail(ended, error)))
  })
}

const make = Effect.gen(function*() {
  const service = yield* TaskModels
  const runs = new Map<string, LinkedRun>()
  let started = 0
  const tasks = yield* Queue.unbounded<LinkedRun>()
  const lost = yield* Deferred.make<never>()
  const lose = (message: string) => Deferred.die(lost, new AgentLost({ message }))
  const server = RpcServer.layer(AgentLink, {
    disableTracing: true,
    disableFatalDefects: true,
    onDisconnect: () => Effect.asVoid(lose("the agent's container has ended"))
  })
  yield* Layer.build(Layer.provide(server, handlers(runs, tasks)))

  const run = Effect.fn("IsolatedAgent.run")(function*<A>(task: AgentTask<A>) {
    const id = String(++started)
    const context = yield* Effect.context<never>()
    const scope = yield* Effect.scope
    const answer = yield* Ref.make(Option.none<A>())
    const models = yield* LinkedModels.make(task, service)
    const one: LinkedRun = {
      task: linkedTask(id, task, yield* timeLeft),
      models,
      taken: yield* Deferred.make<void>(),
      over: yield* Deferred.make<void>(),
      ended: yield* Deferred.make<LinkedResult, LlmError | StoreError>(),
      within: Effect.provideContext(context),
      submit: (input, lenient) =>
        Effect.flatMap(task.submission.decode(input, { lenient }), (decoded) => Ref.set(answer, Option.some(decoded))),
      shorten: task.shorter ?? Effect.succeedNone,
      report: Effect.fnUntraced(function*(event) {
        yield* (yield* AgentProgress)(event)
        if (event._tag === "Waiting") yield* Effect.forkIn(shown(event.provider)(Effect.sleep(event.millis)), scope)
      })
    }
    runs.set(id, one)
    yield* Effect.addFinalizer(() =>
      Effect.andThen(Deferred.succeed(one.over, undefined), Effect.sync(() => runs.delete(id)))
    )
    yield* Queue.offer(tasks, one)
    const late = Effect.andThen(
      Effect.sleep(takenWithin),
      Effect.flatMap(
        Deferred.isDone(one.taken),
        (taken) => taken ? Effect.never : lose("the agent's container does not come")
      )
    )
    const { answered, ...result } = yield* Deferred.await(one.ended).pipe(
      Effect.raceFirst(Deferred.await(lost)),
      Effect.raceFirst(Effect.andThen(late, Effect.never))
    )
    const told: AgentResult<A> = {
      ...result,
      answer: answered ? yield* Ref.get(answer) : Option.none(),
      usage: yield* models.usage
    }
    return told
  }, Effect.scoped)

  return AgentRunner.of({ run })
})

/**
 * Has a process without secrets run the agents. That process asks this one for each call of the model and hands its
 * answer in here, so that keys, money and the decision about an answer stay here.
 */
export const layer: Layer.Layer<AgentRunner, never, TaskModels | RpcServer.Protocol> = Layer.effect(AgentRunner, make)
