import { appEvents, appPermissions } from "@nominal-code/forge/github/Needs"

/** Request for a GitHub App. */
export interface AppRequest {
  /** Address of GitHub: `https://github.com`, or that of an Enterprise Server. */
  readonly github: string
  readonly name: string
  /** Address of the server's webhook. */
  readonly webhook: string
  /** Organization that owns the App; absent: the person who registers it. */
  readonly organization?: string
}

/** Derives the root of the REST API from the address of GitHub. */
export const apiBaseOf = (github: string): string => {
  const { host, hostname, protocol } = new URL(github)
  return hostname === "github.com" || hostname.endsWith(".ghe.com") ? `${protocol}//api.${host}` : `${github}/api/v3`
}

/** The manifest of an App with the permissions and events that the code uses. Source: GitHub's "Registering a GitHub App from a manifest". */
export const manifestOf = ({ name, webhook }: AppRequest, redirectUrl: string) => ({
  name,
  url: new URL(webhook).origin,
  hook_attributes: { url: webhook, active: true },
  redirect_url: redirectUrl,
  description: "Reviews pull requests",
  public: false,
  default_permissions: appPermissions,
  default_events: appEvents
})

/** Address of the form that GitHub takes a manifest from. */
export const formUrl = ({ github, organization }: AppRequest, state: string): string =>
  `${github}${
    organization === undefined ? "" : `/organizations/${encodeURIComponent(organization)}`
  }/settings/apps/new?state=${state}`
