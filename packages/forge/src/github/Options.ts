import type { Option, Redacted } from "effect"

/** A GitHub App: it mints a token for each repository of an installation. */
export interface GitHubAppIdentity {
  /** The App's id or its client id. */
  readonly appId: string
  /** A PEM, PKCS#1 or PKCS#8, with real line breaks. */
  readonly privateKey: Redacted.Redacted
  /** The installation of deliveries that name none. None: GitHub is asked for the repository's installation. */
  readonly installationId: Option.Option<number>
}

/** Identity for calls to GitHub: the owner of a token, or an App. */
export type GitHubIdentity =
  | { readonly _tag: "Token"; readonly token: Redacted.Redacted }
  | ({
    readonly _tag: "App"
    /** Token for the repositories that no installation of the App has. Without one, they cannot be reviewed. */
    readonly token?: Redacted.Redacted
  } & GitHubAppIdentity)

/** Address of GitHub, and the credentials. */
export interface GitHubOptions {
  readonly credentials: GitHubIdentity
  /** REST root without a trailing slash, `https://ghe.example/api/v3`; `https://api.github.com` by default. */
  readonly apiBase?: string
  /** True, by default, if a check on the commit tells of its review. */
  readonly checks?: boolean
  /** Address that repositories are cloned from, `https://ghe.example`; `https://github.com` by default. */
  readonly cloneBase?: string
}

/** Settings by which GitHub's deliveries are verified. */
export interface GitHubWebhookOptions {
  /** The hook's secret. */
  readonly secret: Option.Option<Redacted.Redacted>
  /** Without a secret, deliveries pass only where this says that unsigned ones may. */
  readonly allowUnsigned: boolean
}
