import * as AgentProcess from "@nominal-code/agent/isolated/AgentProcess"
import { AppConfig } from "@nominal-code/config/AppConfig"
import * as AppConfigLayer from "@nominal-code/config/AppConfigLayer"
import type { Job } from "@nominal-code/domain/job/Job"
import { Forge } from "@nominal-code/forge/Forge"
import * as Forges from "@nominal-code/forge/Forges"
import { withInstallationOf } from "@nominal-code/forge/Installation"
import { readReference } from "@nominal-code/jobs/PayloadStore"
import * as ModelServer from "@nominal-code/llm/sidecar/ModelServer"
import { checkOut } from "@nominal-code/review/Drafting"
import * as Git from "@nominal-code/workspace/Git"
import { Config, Effect, Layer, Option, Schema } from "effect"
import * as Configured from "../Configured.ts"
import * as SocketPaths from "../isolated/SocketPaths.ts"
import * as Sockets from "../isolated/Sockets.ts"
import * as Logging from "../Logging.ts"
import * as RunPayload from "../RunPayload.ts"

/*
 * The containers of a review's pod where `kubernetes.isolation` is `strict`, beside the publisher, which is `run-job`.
 */

/** A container without the socket that it is for. */
class NoSocket extends Schema.TaggedError<NoSocket>()("NoSocket", { message: Schema.String }) {}

const given = Effect.fnUntraced(function*(name: string, socket: Effect.Effect<Option.Option<string>>) {
  const path = yield* socket
  if (Option.isSome(path)) return path.value
  return yield* new NoSocket({ message: `${name} is not set: this is a container of a Job with isolation` })
})

const own = Configured.configured(Logging.layer).pipe(Layer.provideMerge(AppConfigLayer.layer("part")))

/** Works as the agent, without any secret, until the publisher ends. */
export const agent = Effect.gen(function*() {
  const path = yield* given("REVIEW_AGENT_SOCKET", SocketPaths.agent)
  const { dataDir } = yield* AppConfig
  yield* AgentProcess.work.pipe(
    Effect.scoped,
    Effect.provide([Sockets.client(path), Git.layer({ baseDir: `${dataDir}/agent` })])
  )
}).pipe(Effect.provide(own))

/** Calls the models for the publisher, with their keys, until it is asked to end. */
export const models = Effect.gen(function*() {
  const path = yield* given("REVIEW_MODEL_SOCKET", SocketPaths.models)
  return yield* Layer.launch(
    ModelServer.layer.pipe(Layer.provide([Configured.ownModels, Sockets.server(path)]))
  )
}).pipe(Effect.provide(own))

/** Checks a job's pull request out, so that its objects are there when the publisher wants them. */
const fetched = ({ event }: Job) =>
  Effect.gen(function*() {
    const forge = yield* Forge
    const pullRequest = yield* forge.pullRequest(event.pullRequest)
    yield* checkOut(pullRequest, yield* forge.cloneSource(event.pullRequest.repo))
  }).pipe(
    withInstallationOf(event),
    Forges.on(event.pullRequest.platform),
    Effect.scoped,
    Effect.provide([Configured.forgesAlone, Configured.workspace])
  )

/**
 * Prepares the checkout. Whatever goes wrong is left to the publisher, which tries it again and can tell the pull request.
 */
export const checkout = Effect.gen(function*() {
  const written = yield* Config.NonEmptyString("REVIEW_JOB_PAYLOAD")
  // This container has no access to the store, where long payloads are.
  if (Option.isSome(readReference(written.trim()))) return
  const payload = yield* RunPayload.decode(written, true)
  if (payload._tag === "FromServer") yield* fetched(payload.payload.job)
}).pipe(
  Effect.catchCause((cause) => Effect.logWarning("the checkout is left to the review", cause)),
  Effect.provide(Layer.provideMerge(Configured.configured(Logging.layer), AppConfigLayer.layer("run-job")))
)
