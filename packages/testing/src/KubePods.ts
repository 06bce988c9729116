import type { V1Container } from "@kubernetes/client-node"
import { Deferred, type Duration, Effect } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { env } from "node:process"
import { command, compileCache, startOf } from "./Command.ts"
import { prepare, type Secrets } from "./KubeEnvironment.ts"
import type { KubePodObject } from "./KubeStore.ts"

/** End of a container. */
export interface ContainerEnd {
  readonly exitCode: number
  /** `Completed`, `Error`, `OOMKilled`. */
  readonly reason: string
  readonly message?: string
}

/** End of a pod: of its first container that failed, else of its first one. */
export interface PodEnd extends ContainerEnd {
  /** Ends of its containers by their names, where they differ. */
  readonly containers?: Readonly<Record<string, ContainerEnd>>
  /** Reason and message of the pod itself, if it failed as a whole. */
  readonly pod?: { readonly reason: string; readonly message: string }
  /** The cluster ended it for reasons of its own. */
  readonly disrupted?: boolean
}

/** Behaviour of a pod. */
export type PodBehaviour =
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
  /** Output of its containers, line by line. */
  readonly log: ReadonlyArray<string>
  /** The processes of the containers that run, by their names. */
  readonly processes: ReadonlyMap<string, number>
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

/** Termination message of a container that wrote none: the end of its log, as `FallbackToLogsOnError` says. */
const terminationMessage = ({ terminationMessagePolicy }: V1Container, code: number, log: ReadonlyArray<string>) =>
  code === 0 || terminationMessagePolicy !== "FallbackToLogsOnError"
    ? {}
    : { message: log.slice(-80).join("\n").slice(-2048) }

const unstartable: ContainerEnd = { exitCode: 128, reason: "Error" }

/**
 * Runs a pod's containers as processes: the init containers one after the other, those with `restartPolicy: Always` beside
 * all that come later, and ends these when the containers of the review have ended.
 */
const runProcess = (pod: KubePodObject, secrets: Secrets, bin: string): RunningPod => {
  const ended = Deferred.makeUnsafe<PodEnd>()
  const log: Array<string> = []
  const processes = new Map<string, number>()
  const live = new Map<string, ChildProcess>()
  const disks = mkdtempSync(join(tmpdir(), "emulated-pod-"))
  for (const { name } of pod.spec.volumes ?? []) mkdirSync(join(disks, name))
  let forced: Partial<PodEnd> = {}

  const signal = (child: ChildProcess, name: NodeJS.Signals) => {
    // The group, for a container ends as a whole; it may have ended by itself already.
    try {
      process.kill(-(child.pid ?? 0), name)
    } catch {
      child.kill(name)
    }
  }
  const signalAll = (name: NodeJS.Signals) => live.forEach((child) => signal(child, name))

  const play = (container: V1Container): Effect.Effect<ContainerEnd> =>
    Effect.callback((resume) => {
      const prepared = prepare(container, pod.metadata.namespace, secrets)
      // A command would take the place of the image's entry point.
      if ("obstacle" in prepared || container.command !== undefined) return resume(Effect.succeed(unstartable))
      const words: Array<string> = []
      const variables = environmentOf(container, prepared.environment, disks)
      const child = spawn(process.execPath, startOf(prepared.args, variables, bin), {
        cwd: disks,
        env: bin === command ? { ...compileCache, ...variables } : variables,
        stdio: ["ignore", "pipe", "pipe"],
        detached: true
      })
      live.set(container.name, child)
      processes.set(container.name, child.pid ?? 0)
      const end = (exitCode: number) => {
        live.delete(container.name)
        processes.delete(container.name)
        const own = { exitCode, reason: exitCode === 0 ? "Completed" : "Error" }
        resume(Effect.succeed({ ...own, ...terminationMessage(container, exitCode, words) }))
      }
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (text: string) => {
          const lines = text.split("\n").filter((line) => line !== "")
          words.push(...lines)
          log.push(...lines)
        })
      }
      // What cannot be executed at all ends as a container that could not be started.
      child.on("error", (error) => {
        words.push(error.message)
        end(unstartable.exitCode)
      })
      child.on("close", (code, name) => end(code ?? (name === "SIGTERM" ? 143 : 137)))
    })

  const program = Effect.gen(function*() {
    const { containers, initContainers = [] } = pod.spec
    for (const container of initContainers) {
      if (container.restartPolicy === "Always") {
        yield* Effect.forkDetach(play(container), { startImmediately: true })
        continue
      }
      const end = yield* play(container)
      if (end.exitCode !== 0) return end
    }
    const ends = yield* Effect.forEach(containers, play, { concurrency: "unbounded" })
    const deciding = ends.find(({ exitCode }) => exitCode !== 0) ?? ends[0] ?? unstartable
    return {
      ...deciding,
      containers: Object.fromEntries(containers.map(({ name }, at) => [name, ends[at] ?? deciding]))
    }
  })
  Effect.runFork(Effect.flatMap(program, (end) => {
    signalAll("SIGTERM")
    rmSync(disks, { recursive: true, force: true, maxRetries: 3 })
    return Deferred.succeed(ended, { ...end, ...forced })
  }))
  return {
    ended,
    log,
    processes,
    terminate: (as = {}) => {
      forced = as
      signalAll("SIGTERM")
    },
    kill: (as = {}) => {
      forced = { exitCode: 137, reason: "Error", ...as }
      signalAll("SIGKILL")
    },
    freeze: (frozen) => signalAll(frozen ? "SIGSTOP" : "SIGCONT")
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
    processes: new Map(),
    terminate: (as = {}) =>
      void Effect.runFork(Effect.andThen(stop, Effect.sync(() => end({ exitCode: 143, reason: "Error", ...as })))),
    kill: (as = {}) => end({ exitCode: 137, reason: "Error", ...as }),
    freeze: () => undefined
  }
}

/** Starts a pod that has its node and its image. */
export const startPod = (pod: KubePodObject, behaviour: PodBehaviour, secrets: Secrets, bin: string): RunningPod =>
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
