import type { Policy } from "@nominal-code/domain/event/Policy"
import type { costs } from "@nominal-code/domain/settings/Costs"
import type { quotas } from "@nominal-code/domain/settings/Quotas"
import type { reviewer } from "@nominal-code/domain/settings/Reviewer"
import type { ProviderName, ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import type { ValuesOf } from "@nominal-code/domain/settings/Setting"
import { Context, type Duration, type LogLevel, type Option, type Redacted } from "effect"
import type { KubernetesSettings } from "./KubernetesSettings.ts"
import type { jobs, metrics, reconcile, redis, webhook, workspace } from "./settings/Service.ts"
import type { tracing } from "./settings/Tracing.ts"

/**
 * Kind of process, which decides which settings are required. `part`: a container of a review's pod that has the models'
 * keys or none at all.
 */
export type Mode = "serve" | "run-job" | "review" | "jobs" | "reconcile" | "part"

/** True for a kind of process that calls the models which others name. */
export const ofAnyModel = (mode: Mode): boolean => mode === "run-job" || mode === "part"

/** True for a kind of process that reviews for others, and therefore needs a forge and a model. */
export const reviews = (mode: Mode): boolean => mode === "serve" || mode === "run-job"

/** True for a kind of process that needs a forge. */
export const needsForge = (mode: Mode): boolean => reviews(mode) || mode === "reconcile"

/** A GitHub App: it mints a token for each installation. */
export interface GitHubAppSettings {
  /** The App's id or its client id. */
  readonly appId: string
  /** A PEM, PKCS#1 or PKCS#8, with real line breaks. */
  readonly privateKey: Redacted.Redacted
  /** The installation of deliveries that name none. Absent: GitHub is asked for the repository's installation. */
  readonly installationId: Option.Option<number>
}

/** Identity for calls to GitHub: the owner of a token, or an App. */
export type GitHubCredentials =
  | { readonly _tag: "Token"; readonly token: Redacted.Redacted }
  | ({
    readonly _tag: "App"
    /** Token for the repositories that no installation of the App has. */
    readonly token?: Redacted.Redacted
  } & GitHubAppSettings)

/** Addresses and credentials of GitHub. */
export interface GitHubSettings {
  readonly credentials: GitHubCredentials
  /**
   * Secret of the webhooks' signatures. Absent only if `webhook.allow_unsigned` is set, or if the process serves no
   * webhook.
   */
  readonly webhookSecret: Option.Option<Redacted.Redacted>
  /** REST root without a trailing slash: `https://api.github.com`, or `https://ghe.example/api/v3`. */
  readonly apiBase: string
  /** Root of clone URLs, derived from `apiBase`: `https://github.com`, `https://ghe.example`. */
  readonly cloneBase: string
}

/** Address and credentials of GitLab. */
export interface GitLabSettings {
  readonly token: Redacted.Redacted
  /** The hook's secret token, which GitLab sends along. */
  readonly webhookSecret: Option.Option<Redacted.Redacted>
  /** The key of the hook's signatures: `whsec_` and base64. Absent both: as for GitHub. */
  readonly signingToken: Option.Option<Redacted.Redacted>
  /** Address of the instance, with or without `/api/v4`: `https://gitlab.com`. */
  readonly apiBase: string
}

/*
 * A group of settings that holds as it is written is the type of its declaration. What depends on several settings has
 * a field of its own.
 */

/** The HTTP listener. */
export type WebhookSettings = ValuesOf<typeof webhook>

/** The listener of the metrics. None: there is no listener. */
export type MetricsSettings = ValuesOf<typeof metrics>

/** The collector of the traces. None: there are none. */
export type TracingSettings = ValuesOf<typeof tracing>

/** Limits of concurrent jobs and of their durations. */
export interface JobSettings extends Omit<ValuesOf<typeof jobs>, "maxConcurrent"> {
  readonly maxConcurrent: number
}

/** Limits of the search for missed events. */
export type ReconcileSettings = ValuesOf<typeof reconcile>

/** Directory and size limits of the mirrors. */
export interface WorkspaceSettings extends Omit<ValuesOf<typeof workspace>, "baseDir"> {
  readonly baseDir: string
}

/** The Redis that several processes share. The URL may hold a password. */
export interface RedisSettings extends Omit<ValuesOf<typeof redis>, "url" | "keyTtl"> {
  readonly url: Redacted.Redacted
}

/** Identity that Microsoft Entra gives tokens: one token, an application with a proof, or that of the machine. */
export type AzureIdentity =
  | { readonly _tag: "Token"; readonly token: Redacted.Redacted }
  | {
    readonly _tag: "ClientSecret"
    readonly tenantId: string
    readonly clientId: string
    readonly secret: Redacted.Redacted
  }
  | { readonly _tag: "Workload"; readonly tenantId: string; readonly clientId: string; readonly tokenFile: string }
  | {
    readonly _tag: "Managed"
    readonly clientId?: string
    readonly host?: { readonly endpoint: string; readonly header: Redacted.Redacted }
  }

/** Account of a cloud, whose credentials the models are asked with. */
export type CloudSettings =
  | {
    readonly _tag: "Bedrock"
    readonly region: string
    /** None: those that AWS's SDK finds. */
    readonly credentials: Option.Option<{
      readonly accessKeyId: Redacted.Redacted
      readonly secretAccessKey: Redacted.Redacted
      readonly sessionToken: Option.Option<Redacted.Redacted>
    }>
  }
  | {
    readonly _tag: "Vertex"
    readonly project: string
    readonly location: string
    readonly credentialsFile: Option.Option<string>
  }
  | {
    readonly _tag: "Azure"
    readonly apiVersion: Option.Option<string>
    readonly identity: AzureIdentity
    readonly authority: Option.Option<string>
  }

/** A model service's endpoint, and its key or its account. */
export interface ProviderSettings {
  readonly name: ProviderName
  /** None: a server without keys, or an account that has others. */
  readonly apiKey: Option.Option<Redacted.Redacted>
  readonly baseUrl: Option.Option<string>
  /** Absent: it is no model of a cloud. */
  readonly cloud?: CloudSettings
}

/** Limits of the calls of a model service. */
export interface CallRateSettings {
  readonly concurrent?: number | undefined
  readonly tokensPerMinute?: number | undefined
}

/** Claude Code as this process can run it. */
export interface ClaudeCodeSettings {
  /** Absolute path of the program; none: it was not found. */
  readonly program: Option.Option<string>
  /** Key of Anthropic. Claude Code prefers it to its user's login. */
  readonly apiKey: Option.Option<Redacted.Redacted>
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
  /** True if the transcripts of reviews are kept in `dataDir`. */
  readonly transcripts: boolean
  /** Present where `storage` is `redis`. */
  readonly redis: Option.Option<RedisSettings>
  /** If present, each review runs as a Kubernetes Job of its own, and `redis` is present too. */
  readonly kubernetes: Option.Option<KubernetesSettings>
  readonly github: Option.Option<GitHubSettings>
  readonly gitlab: Option.Option<GitLabSettings>
  readonly webhook: WebhookSettings
  readonly metrics: MetricsSettings
  readonly tracing: TracingSettings
  readonly policy: Policy
  /** Numbers of reviews and answers in a day; 0: no limit. */
  readonly quotas: ValuesOf<typeof quotas>
  /** The settings of the reviewer as they are written. Those that a review reads are resolved in `review`. */
  readonly reviewer: ValuesOf<typeof reviewer>
  /** The settings of costs, likewise. */
  readonly costs: ValuesOf<typeof costs>
  readonly jobs: JobSettings
  readonly reconcile: ReconcileSettings
  readonly workspace: WorkspaceSettings
  /** Providers in use, with their keys; in a job's process, all whose keys are set. */
  readonly providers: ReadonlyArray<ProviderSettings>
  /** Rates at which the models are asked, by provider. */
  readonly rates: Readonly<Record<string, CallRateSettings>>
  readonly claudeCode: ClaudeCodeSettings
  readonly review: ReviewSettings
  /** Origins of the settings that are set, by their YAML paths, as the users of the server may read them. */
  readonly origins: Readonly<Record<string, string>>
  /** Time for which a pull request's conversation is kept after its last review. */
  readonly conversationTtl: Duration.Duration
  readonly logLevel: LogLevel.LogLevel
  readonly logFormat: "text" | "json" | "pretty"
  /** Every secret that the process was given. Redaction hides them all. */
  readonly secrets: ReadonlyArray<Redacted.Redacted>
  /** Warnings about odd but valid settings, to be logged at start. */
  readonly warnings: ReadonlyArray<string>
}>()("@nominal-code/config/AppConfig") {}
