import type { Redacted } from "effect"

/** Address of GitLab, and the credentials. */
export interface GitLabOptions {
  /** Access token of a project, a group or a person, with the scope `api`. */
  readonly token: Redacted.Redacted
  /** Address of the instance, `https://gitlab.example/base`, with or without `/api/v4`; `https://gitlab.com` by default. */
  readonly apiBase?: string
}

/** Address of the instance without the path of its API and without a trailing slash. */
export const hostOf = ({ apiBase = "https://gitlab.com" }: Pick<GitLabOptions, "apiBase">): string =>
  apiBase.replace(/\/+$/, "").replace(/\/api\/v4$/, "").replace(/\/+$/, "")
