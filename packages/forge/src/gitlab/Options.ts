import type { Option, Redacted } from "effect"

/** Address of GitLab, and the credentials. */
export interface GitLabOptions {
  /** Access token of a project, a group or a person, with the scope `api`. */
  readonly token: Redacted.Redacted
  /** Address of the instance, `https://gitlab.example/base`, with or without `/api/v4`; `https://gitlab.com` by default. */
  readonly apiBase?: string
  /** True, by default, if a status of the commit tells of its review. */
  readonly checks?: boolean
}

/** Verification of GitLab's deliveries. Where both are configured, a delivery needs both. */
export interface GitLabWebhookOptions {
  /** The hook's secret token, which GitLab sends along. */
  readonly secret: Option.Option<Redacted.Redacted>
  /** The hook's signing token: `whsec_` and a key in base64. */
  readonly signingToken: Option.Option<Redacted.Redacted>
  /** With neither, deliveries pass only where this says that unsigned ones may. */
  readonly allowUnsigned: boolean
}

/** Address of the instance without the path of its API and without a trailing slash. */
export const hostOf = ({ apiBase = "https://gitlab.com" }: Pick<GitLabOptions, "apiBase">): string =>
  apiBase.replace(/\/+$/, "").replace(/\/api\/v4$/, "").replace(/\/+$/, "")
