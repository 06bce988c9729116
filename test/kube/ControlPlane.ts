import { freePort } from "@nominal-code/testing/FreePort"
import { Data, Effect, FileSystem, Schedule, Schema } from "effect"
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import { createWriteStream, existsSync, readFileSync, writeFileSync } from "node:fs"
import { env } from "node:process"
import { makeApi } from "./KubeApi.ts"

/** A part of the control plane did not start. */
class ControlPlaneFailed extends Data.TaggedError("ControlPlaneFailed")<{ readonly message: string }> {}

/** The programs of a control plane, as `setup-envtest` lays them down, and the Job controller's beside them. */
const programs = ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"]

/** Directory of the binaries. */
export const assets = env["KUBEBUILDER_ASSETS"] ?? ""

/** The programs that are missing. */
export const missing: ReadonlyArray<string> = programs.filter((name) =>
  assets === "" || !existsSync(`${assets}/${name}`)
)

/** The controllers that Jobs, their pods and a lost node need. Nothing starts the servers of `deploy/`. */
const controllers = [
  "job-controller",
  "ttl-after-finished-controller",
  "garbage-collector-controller",
  "pod-garbage-collector-controller",
  "resourcequota-controller",
  "namespace-controller",
  "serviceaccount-controller",
  "root-ca-certificate-publisher-controller",
  "node-lifecycle-controller",
  "taint-eviction-controller"
]

const openssl = (directory: string, ...args: ReadonlyArray<string>) => {
  const { status, stderr } = spawnSync("openssl", args, { cwd: directory, encoding: "utf8" })
  if (status !== 0) throw new ControlPlaneFailed({ message: `openssl ${args.join(" ")}: ${stderr}` })
}

/** An authority, the API server's certificate, and the key that signs the tokens of ServiceAccounts. */
const makeKeys = (directory: string): string => {
  writeFileSync(`${directory}/san`, "subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:kubernetes.default.svc")
  const key = ["-newkey", "rsa:2048", "-nodes", "-days", "2"]
  openssl(directory, "req", "-x509", ...key, "-subj", "/CN=test-ca", "-keyout", "ca.key", "-out", "ca.crt")
  openssl(directory, "req", ...key.slice(0, 3), "-subj", "/CN=kube-apiserver", "-keyout", "api.key", "-out", "api.csr")
  const signed = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "san"]
  openssl(directory, "x509", "-req", "-in", "api.csr", ...signed, "-out", "api.crt")
  openssl(directory, "genrsa", "-out", "accounts.key", "2048")
  return readFileSync(`${directory}/ca.crt`, "utf8")
}

const start = (directory: string, name: string, args: ReadonlyArray<string>): ChildProcess => {
  const log = createWriteStream(`${directory}/${name}.log`, { flags: "a" })
  const child = spawn(`${assets}/${name}`, args, {
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe"],
    env: { HOME: directory }
  })
  child.stdout.pipe(log, { end: false })
  child.stderr.pipe(log, { end: false })
  return child
}

const stop = (child: ChildProcess, signal: NodeJS.Signals): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
    child.once("exit", () => resume(Effect.void))
    child.kill(signal)
  })

const running = (directory: string, name: string, args: ReadonlyArray<string>) =>
  Effect.acquireRelease(Effect.sync(() => start(directory, name, args)), (child) => stop(child, "SIGKILL"))

/** A kubeconfig of one account. */
export const kubeconfigOf = (port: number, ca: string, token: string, namespace: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "real",
    clusters: [{
      name: "real",
      cluster: {
        server: `https://127.0.0.1:${port}`,
        "certificate-authority-data": Buffer.from(ca).toString("base64")
      }
    }],
    users: [{ name: "account", user: { token } }],
    contexts: [{ name: "real", context: { cluster: "real", user: "account", namespace } }]
  })

const Range = Schema.Struct({
  kvs: Schema.Array(Schema.Struct({
    key: Schema.String,
    value: Schema.String,
    version: Schema.FiniteFromString
  })).pipe(Schema.withDecodingDefaultKey(Effect.succeed([])))
})

/** An object as etcd keeps it. */
export interface StoredObject {
  /** Of its key, and of what is under it. */
  readonly bytes: number
  /** Number of times that it was written. */
  readonly writes: number
}

/** The objects whose keys begin so, as etcd keeps them. */
const storedIn = (port: number) => (prefix: string): Effect.Effect<ReadonlyArray<StoredObject>> => {
  const end = `${prefix.slice(0, -1)}${String.fromCodePoint((prefix.codePointAt(prefix.length - 1) ?? 0) + 1)}`
  const range = { key: Buffer.from(prefix).toString("base64"), range_end: Buffer.from(end).toString("base64") }
  return Effect.promise(() =>
    fetch(`http://127.0.0.1:${port}/v3/kv/range`, { method: "POST", body: JSON.stringify(range) })
      .then((answer) => answer.json())
  ).pipe(
    Effect.flatMap(Schema.decodeUnknownEffect(Range)),
    Effect.orDie,
    Effect.map(({ kvs }) =>
      kvs.map(({ key, value, version }) => ({
        bytes: Buffer.from(key, "base64").length + Buffer.from(value, "base64").length,
        writes: version
      }))
    )
  )
}

/**
 * A real etcd, API server and controller manager on the loopback, in a directory that goes with the scope. Nodes are
 * lost after six seconds of silence, and their pods are deleted five seconds later: it takes minutes by default.
 */
export const make = Effect.fn("ControlPlane.make")(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "nominal-kube-" })
  const ca = yield* Effect.sync(() => makeKeys(directory))
  const token = randomBytes(16).toString("hex")
  yield* fs.writeFileString(`${directory}/tokens.csv`, `${token},admin,admin,system:masters\n`)
  const [etcd, peer, port] = yield* Effect.all([freePort, freePort, freePort])

  yield* running(directory, "etcd", [
    "--data-dir=etcd",
    `--listen-client-urls=http://127.0.0.1:${etcd}`,
    `--advertise-client-urls=http://127.0.0.1:${etcd}`,
    `--listen-peer-urls=http://127.0.0.1:${peer}`,
    "--unsafe-no-fsync"
  ])
  const apiServer = [
    `--etcd-servers=http://127.0.0.1:${etcd}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    `--secure-port=${port}`,
    "--tls-cert-file=api.crt",
    "--tls-private-key-file=api.key",
    "--token-auth-file=tokens.csv",
    "--authorization-mode=RBAC",
    "--service-account-issuer=https://kubernetes.default.svc",
    "--service-account-key-file=accounts.key",
    "--service-account-signing-key-file=accounts.key",
    "--service-cluster-ip-range=10.0.0.0/24",
    "--default-not-ready-toleration-seconds=5",
    "--default-unreachable-toleration-seconds=5"
  ]
  const api = makeApi({ port, ca, token })
  const ready = api.send("GET", "/readyz").pipe(
    Effect.map(({ code }) => code === 200),
    Effect.orElseSucceed(() => false),
    Effect.repeat({ until: (yes) => yes, schedule: Schedule.spaced("200 millis") }),
    Effect.timeoutOrElse({
      duration: "2 minutes",
      orElse: () =>
        Effect.sync(() =>
          new ControlPlaneFailed({ message: readFileSync(`${directory}/kube-apiserver.log`, "utf8").slice(-4000) })
        )
          .pipe(Effect.flatMap(Effect.fail))
    })
  )
  let server = start(directory, "kube-apiserver", apiServer)
  yield* Effect.addFinalizer(() => Effect.suspend(() => stop(server, "SIGKILL")))
  yield* ready

  yield* fs.writeFileString(`${directory}/admin.json`, kubeconfigOf(port, ca, token, "default"))
  yield* running(directory, "kube-controller-manager", [
    "--kubeconfig=admin.json",
    `--secure-port=${yield* freePort}`,
    "--bind-address=127.0.0.1",
    "--leader-elect=false",
    "--use-service-account-credentials",
    "--service-account-private-key-file=accounts.key",
    "--root-ca-file=ca.crt",
    `--controllers=${controllers.join(",")}`,
    "--node-monitor-period=1s",
    "--node-monitor-grace-period=6s"
  ])

  return {
    directory,
    port,
    ca,
    stored: storedIn(etcd),
    /** The administrator's requests: the product has none of these rights. */
    api,
    /** Stops the API server, and starts it again after a while. Ready again when it ends. */
    restart: Effect.fnUntraced(function*(away: Effect.Effect<unknown>) {
      yield* stop(server, "SIGKILL")
      yield* away
      server = start(directory, "kube-apiserver", apiServer)
      yield* ready
    })
  }
})

/** A running control plane. */
export type ControlPlane = Effect.Success<ReturnType<typeof make>>
