import type { Policy } from "@nominal-code/domain/Policy"
import type { ProviderName, ReviewSettings } from "@nominal-code/domain/ReviewSettings"
import { Context, type Duration, type LogLevel, type Option, type Redacted } from "effect"
import type { Affinity, Toleration } from "./PodScheduling.ts"

/** What the process is for: it decides which settings have to be there. */
export type Mode = "serve" | "run-job" | "review" | "jobs"

/** Whether this kind of process reviews for others: it cannot do without a forge and a model. */
export const reviews = (mode: Mode): boolean => mode === "serve" || mode === "run-job"

/** A GitHub App: it mints a token for each installation. */
export interface GitHubAppSettings {
  /** The App's id or its client id. */
  readonly appId: string
  /** A PEM, PKCS#1 or PKCS#8, with real line breaks. */
  readonly privateKey: Redacted.Redacted
  /** The installation of deliveries that name none. Absent: GitHub is asked for the repository's installation. */
  readonly installationId: Option.Option<number>
}

/** As whom GitHub is called: as the owner of a token, or as an App. */
export type GitHubCredentials =
  | { readonly _tag: "Token"; readonly token: Redacted.Redacted }
  | ({ readonly _tag: "App" } & GitHubAppSettings)

/** How to reach GitHub, and as whom. */
export interface GitHubSettings {
  readonly credentials: GitHubCredentials
  /** Absent only where `webhook.allow_unsigned` says so, or where no webhook is served. */
  readonly webhookSecret: Option.Option<Redacted.Redacted>
  /** REST root without a trailing slash: `https://api.github.com`, or `https://ghe.example/api/v3`. */
  readonly apiBase: string
  /** Where repositories are cloned from, derived from `apiBase`: `https://github.com`, `https://ghe.example`. */
  readonly cloneBase: string
}

/** The HTTP listener. */
export interface WebhookSettings {
  readonly host: string
  readonly port: number
  readonly allowUnsigned: boolean
}

/** How much runs at once, and for how long. */
export interface JobSettings {
  readonly maxConcurrent: number
  /** Attempts of one job before it is parked. */
  readonly maxAttempts: number
  /** The age at which a job that waits for services is given up. */
  readonly giveUpAfter: Duration.Duration
  /** The longest that one run may take. */
  readonly deadline: Duration.Duration
  /** What running reviews may take to finish after SIGTERM. */
  readonly gracePeriod: Duration.Duration
}

/** Where checkouts live, and how much of the disk they may use. */
export interface WorkspaceSettings {
  readonly baseDir: string
  readonly maxBytes: number
  readonly maxAge: Duration.Duration
}

/** The Redis that several processes share. The URL may hold a password. */
export interface RedisSettings {
  readonly url: Redacted.Redacted
  readonly sentinelPassword: Option.Option<Redacted.Redacted>
  /** Into how many parts the queue is divided; none: as it is. */
  readonly shards: Option.Option<number>
  /** The number of replicas that must have a job before it counts as accepted. */
  readonly waitReplicas: number
}

/** CPU and memory in Kubernetes' own notation; what is absent is not set. */
export interface ResourceSettings {
  readonly cpu: Option.Option<string>
  readonly memory: Option.Option<string>
}

/** An entry of a Secret, and whether a pod cannot start without it. */
export interface SecretVariable {
  readonly name: string
  readonly required: boolean
}

/** What a review's Kubernetes Job is made of. */
export interface KubernetesSettings {
  readonly image: string
  readonly namespace: string
  readonly serviceAccount: Option.Option<string>
  readonly imagePullPolicy: Option.Option<"Always" | "Never" | "IfNotPresent">
  readonly backoffLimit: number
  readonly activeDeadline: Duration.Duration
  readonly ttlAfterFinished: Duration.Duration
  /** The Secrets that a pod's variables come from. */
  readonly envFromSecrets: ReadonlyArray<string>
  /** The entries of those Secrets that a review may need, each by the name of its variable. */
  readonly secretVariables: ReadonlyArray<SecretVariable>
  /** What else a pod has to know of these settings, by variable. No secret, and no URL with one. */
  readonly environment: Readonly<Record<string, string>>
  readonly requests: ResourceSettings
  readonly limits: ResourceSettings
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly priorityClass: Option.Option<string>
  readonly nodeSelector: Readonly<Record<string, string>>
  readonly tolerations: ReadonlyArray<Toleration>
  readonly affinity: Option.Option<Affinity>
  readonly runtimeClass: Option.Option<string>
  readonly imagePullSecrets: ReadonlyArray<string>
  /** The LocalQueue of Kueue that admits the Jobs; `{owner}` in it is the repository's owner. */
  readonly queue: Option.Option<string>
}

/** A model service's endpoint and key. */
export interface ProviderSettings {
  readonly name: ProviderName
  readonly apiKey: Redacted.Redacted
  readonly baseUrl: Option.Option<string>
}

/**
 * The whole configuration, resolved and checked: defaults, then YAML, then environment. Nothing else reads the
 * environment, and nothing changes it after start.
 */
export class AppConfig extends Context.Service<AppConfig, {
  readonly dataDir: string
  /** `memory` loses everything at exit, and has to be asked for. */
  readonly storage: "sqlite" | "memory" | "redis"
  /** Present where `storage` is `redis`. */
  readonly redis: Option.Option<RedisSettings>
  /** Where it is present, each review runs as a Job of its own; `redis` is present then, too. */
  readonly kubernetes: Option.Option<KubernetesSettings>
  readonly github: Option.Option<GitHubSettings>
  readonly webhook: WebhookSettings
  readonly policy: Policy
  /** The effect of a push on a running review of its pull request that nobody asked for. */
  readonly onPush: "finish" | "supersede"
  readonly jobs: JobSettings
  readonly workspace: WorkspaceSettings
  /** The providers that the reviewer and the explorer use, with their keys; for a job, all whose keys are there. */
  readonly providers: ReadonlyArray<ProviderSettings>
  readonly review: ReviewSettings
  /** How long a pull request's conversation is kept after its last review. */
  readonly conversationTtl: Duration.Duration
  readonly logLevel: LogLevel.LogLevel
  /** Every secret text that the process was given, whatever for: what redaction hides. */
  readonly secrets: ReadonlyArray<Redacted.Redacted>
  /** What is odd but not wrong, to be logged at start. */
  readonly warnings: ReadonlyArray<string>
}>()("@nominal-code/config/AppConfig") {}
