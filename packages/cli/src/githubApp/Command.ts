import { Effect, Option, Schema } from "effect"
import { Command, Flag } from "effect/cli"

const address = (label: string) =>
  Schema.String.check(
    Schema.makeFilter((text: string) => /^https?:$/.test(URL.parse(text)?.protocol ?? "") ? undefined : label)
  )

/** `nominal-code github-app`. */
export const gitHubAppCommand = Command.make(
  "github-app",
  {
    webhook: Flag.String("webhook-url").pipe(
      Flag.withDescription("The address of the server's webhook: https://<your host>/webhooks/github"),
      Flag.withSchema(address("an address like https://nominal.example/webhooks/github"))
    ),
    name: Flag.String("name").pipe(
      Flag.withDescription("The App's name, which is also the bot's: nobody else on GitHub may have it"),
      Flag.withSchema(Schema.NonEmptyString.check(Schema.isMaxLength(34)))
    ),
    organization: Flag.String("organization").pipe(
      Flag.withDescription("The organization that owns the App (default: the person who registers it)"),
      Flag.optional
    ),
    directory: Flag.String("directory").pipe(
      Flag.withDescription("Where the files of its secrets are written (default: github-app)"),
      Flag.withDefault("github-app")
    ),
    github: Flag.String("github").pipe(
      Flag.withDescription("The address of a GitHub Enterprise Server (default: https://github.com)"),
      Flag.withSchema(address("an address like https://github.example.com")),
      Flag.withDefault("https://github.com")
    )
  },
  Effect.fn("cli.github-app")(function*({ github, organization, ...flags }) {
    const { gitHubApp } = yield* Effect.promise(() => import("../commands/GitHubApp.ts"))
    return yield* gitHubApp({
      ...flags,
      github: github.replace(/\/+$/, ""),
      ...Option.match(organization, { onNone: () => ({}), onSome: (organization) => ({ organization }) })
    })
  })
).pipe(
  Command.withDescription("Register a GitHub App with the permissions that a review needs, by one click in a browser")
)
