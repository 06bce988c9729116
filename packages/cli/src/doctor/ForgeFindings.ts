import { AppConfig } from "@nominal-code/config/AppConfig"
import { isBotAccount } from "@nominal-code/domain/BotAccount"
import { type Platform, RepoName } from "@nominal-code/domain/PullRequest"
import type { ForgeError } from "@nominal-code/forge/ForgeError"
import { Forges } from "@nominal-code/forge/Forges"
import * as GitHub from "@nominal-code/forge/GitHub"
import * as GitLab from "@nominal-code/forge/GitLab"
import { Effect, Option, Schema } from "effect"
import { asked, ok, type SetupFinding, warning } from "./Finding.ts"

const names: Readonly<Record<Platform, string>> = { github: "GitHub", gitlab: "GitLab" }

/** The account that a forge knows us by, beside the name that mentions are looked for under. */
const account = Effect.fnUntraced(function*(platform: Platform, login: Effect.Effect<string, ForgeError>) {
  const { policy: { botUsername } } = yield* AppConfig
  const name = names[platform]
  return yield* asked(
    "forge",
    name,
    Effect.map(login, (login) => [
      isBotAccount([botUsername])(login)
        ? ok("forge", `${name} knows the token as ${login}`)
        : warning(
          "forge",
          `${name} knows the token as ${login}, and reviewer.bot_username (REVIEWER_BOT_USERNAME) is ${botUsername}: ` +
            `people mention @${botUsername}, and the answer comes from ${login}`
        )
    ])
  )
})

/** Access to an allowed repository, on the forges that are configured: it has to be on one of them. */
const repository = Effect.fnUntraced(function*(repo: RepoName) {
  const { of, platforms } = yield* Forges
  const answers = yield* Effect.forEach(
    platforms,
    (platform) =>
      Effect.flatMap(of(platform), (forge) => forge.checkAccess(repo)).pipe(
        Effect.as([ok("forge", `${names[platform]} shows the contents of ${repo}`)]),
        (question) => asked("forge", `${names[platform]}, ${repo}`, question)
      ),
    { concurrency: 2 }
  )
  return answers.find(([first]) => first?.status === "ok") ?? answers.flat()
})

/** Accounts at the forges, and the repositories that they can read. */
export const forgeFindings: Effect.Effect<ReadonlyArray<SetupFinding>, never, AppConfig | Forges> = Effect.gen(
  function*() {
    const { github, gitlab, policy: { allowedRepos } } = yield* AppConfig
    const accounts = yield* Effect.all([
      ...Option.toArray(Option.map(github, (settings) => account("github", GitHub.account(settings)))),
      ...Option.toArray(Option.map(gitlab, (settings) => account("gitlab", GitLab.account(settings))))
    ], { concurrency: 2 })
    const repos = allowedRepos.flatMap((name) => Option.toArray(Schema.decodeOption(RepoName)(name)))
    const access = yield* Effect.forEach(repos, repository, { concurrency: 4 })
    return [...accounts.flat(), ...access.flat()]
  }
)
