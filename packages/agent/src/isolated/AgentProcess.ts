import { endingWithin } from "@nominal-code/domain/job/RunDeadline"
import type { SpendLimit } from "@nominal-code/domain/model/SpendLimits"
import type { Git } from "@nominal-code/workspace/Git"
import type { Tool, ToolPlace } from "@nominal-code/workspace/Tool"
import * as Tools from "@nominal-code/workspace/tools/Tools"
import {
  Context,
  Deferred,
  Duration,
  Effect,
  Exit,
  identity,
  Layer,
  Option,
  type Path,
  Result,
  Schema,
  type Scope
} from "effect"
import type { ChildProcessSpawner } from "effect/process"
import { RpcClient, type RpcClientError, type RpcGroup } from "effect/rpc"
import { AgentProgress } from "../AgentProgress.ts"
import { type AgentResult, AgentRunner, type AgentTask } from "../AgentRunner.ts"
import * as ApiAgent from "../ApiAgent.ts"
import { type TaskAnswer, type TaskModel, TaskModels } from "../TaskModel.ts"
import { AgentLink, type LinkedResult, type LinkedTask } from "./AgentLink.ts"

type Link = RpcClient.RpcClient<RpcGroup.Rpcs<typeof AgentLink>, RpcClientError.RpcClientError>

/** The task that a fiber works on. */
const CurrentRun = Context.Reference<string>("@nominal-code/agent/isolated/CurrentRun", { defaultValue: () => "" })

/** Models that the other process calls, and pays. */
const layerModels = (link: Link) =>
  Layer.succeed(
    TaskModels,
    TaskModels.of({
      open: Effect.fnUntraced(function*({ caps, contextWindow, effort, model, provider }) {
        const run = yield* CurrentRun
        const opened = yield* link.Open({
          run,
          provider,
          model,
          caps: caps.map(({ limit = 0, name }) => ({ name, limit })),
          ...(effort === undefined ? {} : { effort }),
          ...(contextWindow === undefined ? {} : { contextWindow })
        }).pipe(Effect.catchTag("RpcClientError", Effect.die))
        const id = { run, model: opened.model }
        yield* Effect.addFinalizer(() => Effect.ignore(link.Close(id)))
        const found: TaskModel = {
          model,
          provider: opened.provider,
          contextWindow: opened.contextWindow,
          call: (call) =>
            link.Call({ ...id, call }).pipe(
              Effect.map((answer): Result.Result<TaskAnswer, SpendLimit> =>
                answer._tag === "Limited" ? Result.fail(answer.limit) : Result.succeed(answer)
              ),
              Effect.catchTag("RpcClientError", Effect.die)
            ),
          usage: Effect.catchTag(link.Used(id), "RpcClientError", Effect.die)
        }
        return found
      })
    })
  )

/** Sign that the publisher has accepted the answer. The answer itself stays there. */
const accepted = Symbol("accepted")

const taskOf = (
  link: Link,
  {
    acceptsText,
    explorers,
    history,
    isContinuation,
    endsWithTurns,
    maxCostUsd,
    mayShorten,
    prompt,
    run,
    settings,
    shown,
    submit,
    system
  }: LinkedTask,
  tools: ReadonlyArray<Tool>
): AgentTask<typeof accepted> => ({
  settings,
  system,
  prompt,
  tools,
  shown,
  explorers,
  history,
  isContinuation,
  endsWithTurns,
  submission: {
    toolName: submit.name,
    description: submit.description,
    input: Schema.Unknown,
    inputSchema: submit.inputSchema,
    decode: (input, { lenient }) =>
      Schema.decodeUnknownEffect(Schema.Json)(input).pipe(
        Effect.mapError(({ message }) => message),
        Effect.flatMap((input) =>
          link.Submit({ run, input, lenient }).pipe(
            Effect.catchTags({ RpcClientError: Effect.die, NotAccepted: ({ why }) => Effect.fail(why) })
          )
        ),
        Effect.as(accepted)
      ),
    acceptsText
  },
  ...(mayShorten ? { shorter: Effect.catchTag(link.Shorten({ run }), "RpcClientError", Effect.die) } : {}),
  maxCostUsd
})

const linkedResult = (
  { answer, conversation, explorations, limit, stopped, text, turns }: AgentResult<typeof accepted>
): LinkedResult => ({
  answered: Option.isSome(answer),
  text,
  conversation,
  turns,
  stopped,
  ...(explorations === undefined ? {} : { explorations }),
  ...(limit === undefined ? {} : { limit })
})

type Services = Git | Path.Path | ChildProcessSpawner.ChildProcessSpawner

/**
 * Works on the tasks of another process until that one ends the connection. This process needs no secret: the other one
 * calls the models, and judges what is handed in.
 */
export const work: Effect.Effect<void, never, RpcClient.Protocol | Services | Scope.Scope> = Effect.gen(function*() {
  const link = yield* RpcClient.make(AgentLink, { disableTracing: true })
  const agent = Context.get(
    yield* Layer.build(Layer.provide(ApiAgent.layerOver, layerModels(link))),
    AgentRunner
  )
  const broken = yield* Deferred.make<void>()
  const places = new Map<string, ReadonlyArray<Tool>>()

  /** Tools of a checkout: the same ones for all its tasks, because their calls are counted together. */
  const toolsAt = Effect.fnUntraced(function*(place: ToolPlace) {
    const key = JSON.stringify(place)
    const known = places.get(key)
    if (known !== undefined) return known
    const made = yield* Tools.at(place)
    places.set(key, made)
    return made
  })

  const workOn = Effect.fnUntraced(function*(task: LinkedTask) {
    const { place, run } = task
    const tools = place === undefined ? [] : yield* toolsAt(place)
    const offered = tools.filter(({ name }) => task.tools.includes(name))
    const result = yield* Effect.result(agent.run(taskOf(link, task, offered)))
    yield* Result.isSuccess(result)
      ? link.Done({ run, result: linkedResult(result.success) })
      : link.Failed({ run, error: result.failure })
  }, (effect, { leftMillis, run }) =>
    effect.pipe(
      leftMillis === undefined ? identity : endingWithin(Duration.millis(leftMillis)),
      Effect.provideService(CurrentRun, run),
      Effect.provideService(AgentProgress, (event) => Effect.orDie(link.Report({ run, event }))),
      Effect.raceFirst(link.Over({ run })),
      Effect.orDie,
      // A task that ends in a defect has no result, so the process ends: the other one waits for it.
      Effect.onExit((exit) => Exit.hasDies(exit) ? Deferred.done(broken, exit) : Effect.void),
      Effect.annotateLogs({ run })
    ))

  yield* link.Next().pipe(
    Effect.flatMap((task) => Effect.forkScoped(workOn(task))),
    Effect.forever,
    // The other process has ended, and with it this one's work.
    Effect.catchTag("RpcClientError", () => Effect.void),
    Effect.raceFirst(Deferred.await(broken))
  )
})
