import type { V1Container } from "@kubernetes/client-node"
import { Deferred, type Duration, Effect } from "effect"
import { spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { env } from "node:process"
import { prepare, type Secrets } from "./KubeEnvironment.ts"
import type { KubePodObject } from "./KubeStore.ts"

/** End of a pod. */
export interface PodEnd {
  readonly exitCode: number
  /** The container's: `Completed`, `Error`, `OOMKilled`. */
  readonly reason: string
  readonly message?: string
  /** Reason and message of the pod itself, if it failed as a whole. */
  readonly pod?: { readonly reason: string; readonly message: string }
  /** The cluster ended it for reasons of its own. */
  readonly disrupted?: boolean
}

/** Behaviour of a pod. */
export type Behaviour =
  /** It runs the image's program with its container's arguments as a process of this machine. */
  | { readonly _tag: "Process" }
  /** It takes this long, and ends so. Asked to end, it does `stop` before. */
  | { readonly _tag: "Scripted"; readonly run: Effect.Effect<PodEnd>; readonly stop?: Effect.Effect<void> }
  /** Its container does not start. */
  | { readonly _tag: "Waiting"; readonly reason: string; readonly message: string }
  /** No node takes it, `until` there is room; it then runs as a process. */
  | { readonly _tag: "Unschedulable"; readonly message: string; readonly until?: Effect.Effect<void> }

/** A pod that has been started. */
export interface RunningPod {
  readonly ended: Deferred.Deferred<PodEnd>
  /** Output of its container, line by line. */
  readonly log: ReadonlyArray<string>
  /** Asks it to end: SIGTERM. `as` says what for. */
  terminate(as?: Partial<PodEnd>): void
  /** Ends it without asking, with everything that it has started. */
  kill(as?: Partial<PodEnd>): void
  /** Stops its processes where they stand, or lets them go on. */
  freeze(frozen: boolean): void
}

/** A process sees no mounts: a variable that names a path in one names the directory itself instead. */
const mounted = (value: string, container: V1Container, disks: string): string => {
  const mount = (container.volumeMounts ?? []).find(({ mountPath }) =>
    value === mountPath || value.startsWith(`${mountPath}/`)
  )
  return mount === undefined ? value : `${join(disks, mount.name)}${value.slice(mount.mountPath.length)}`
}

/** The environment of a container: the image's `PATH`, what its node gives it, and nothing else. */
const environmentOf = (container: V1Container, environment: ReadonlyMap<string, string>, disks: string) => ({
  PATH: env["PATH"] ?? "",
  ...Object.fromEntries([...environment].map(([name, value]) => [name, mounted(value, container, disks)]))
})

/** Its message where it writes none: the end of its log, as `FallbackToLogsOnError` says. */
const lastWords = ({ terminationMessagePolicy }: V1Container, code: number, log: ReadonlyArray<string>) =>
  code === 0 || terminationMessagePolicy !== "FallbackToLogsOnError"
    ? {}
    : { message: log.slice(-80).join("\n").slice(-2048) }

const runProcess = (pod: KubePodObject, secrets: Secrets, bin: string): RunningPod => {
  const ended = Deferred.makeUnsafe<PodEnd>()
  const log: Array<string> = []
  const [container] = pod.spec.containers
  const prepared = container === undefined
    ? { obstacle: "it has no container" }
    : prepare(container, pod.metadata.namespace, secrets)
  const disks = mkdtempSync(join(tmpdir(), "emulated-pod-"))
  let forced: Partial<PodEnd> = {}
  const end = (code: number) => {
    rmSync(disks, { recursive: true, force: true, maxRetries: 3 })
    const own = { exitCode: code, reason: code === 0 ? "Completed" : "Error" }
    const words = container === undefined ? {} : lastWords(container, code, log)
    Deferred.doneUnsafe(ended, Effect.succeed({ ...own, ...words, ...forced }))
  }
  // A command would take the place of the image's entry point.
  if (container === undefined || "obstacle" in prepared || container.command !== undefined) {
    end(128)
    return { ended, log, terminate: () => undefined, kill: () => undefined, freeze: () => undefined }
  }
  for (const { name } of pod.spec.volumes ?? []) mkdirSync(join(disks, name))
  const child = spawn(process.execPath, [bin, ...prepared.args], {
    cwd: disks,
    env: environmentOf(container, prepared.environment, disks),
    stdio: ["ignore", "pipe", "pipe"],
    detached: true
  })
  const signal = (name: NodeJS.Signals) => {
    // The group, for a container ends as a whole; it may have ended by itself already.
    try {
      process.kill(-(child.pid ?? 0), name)
    } catch {
      child.kill(name)
    }
  }
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => log.push(...text.split("\n").filter((line) => line !== "")))
  }
  // What cannot be executed at all ends as a container that could not be started.
  child.on("error", (error) => {
    log.push(error.message)
    end(128)
  })
  child.on("close", (code, name) => end(code ?? (name === "SIGTERM" ? 143 : 137)))
  return {
    ended,
    log,
    terminate: (as = {}) => {
      forced = as
      signal("SIGTERM")
    },
    kill: (as = {}) => {
      forced = { exitCode: 137, reason: "Error", ...as }
      signal("SIGKILL")
    },
    freeze: (frozen) => signal(frozen ? "SIGSTOP" : "SIGCONT")
  }
}

const runScripted = (script: Effect.Effect<PodEnd>, stop: Effect.Effect<void> = Effect.void): RunningPod => {
  const ended = Deferred.makeUnsafe<PodEnd>()
  const fiber = Effect.runFork(Effect.flatMap(script, (end) => Deferred.succeed(ended, end)))
  const end = (forced: PodEnd) => {
    Deferred.doneUnsafe(ended, Effect.succeed(forced))
    fiber.interruptUnsafe()
  }
  return {
    ended,
    log: [],
    terminate: (as = {}) =>
      void Effect.runFork(Effect.andThen(stop, Effect.sync(() => end({ exitCode: 143, reason: "Error", ...as })))),
    kill: (as = {}) => end({ exitCode: 137, reason: "Error", ...as }),
    freeze: () => undefined
  }
}

/** Starts a pod that has its node and its image. */
export const startPod = (pod: KubePodObject, behaviour: Behaviour, secrets: Secrets, bin: string): RunningPod =>
  behaviour._tag === "Scripted" ? runScripted(behaviour.run, behaviour.stop) : runProcess(pod, secrets, bin)

/** Ends a pod as Kubernetes does: it is asked, and killed if it takes too long. */
export const stopPod = (pod: RunningPod, grace: Duration.Duration, as?: Partial<PodEnd>): Effect.Effect<PodEnd> =>
  Effect.sync(() => pod.terminate(as)).pipe(
    Effect.andThen(Deferred.await(pod.ended)),
    Effect.timeoutOrElse({
      duration: grace,
      orElse: () => Effect.andThen(Effect.sync(() => pod.kill(as)), Deferred.await(pod.ended))
    })
  )
