import { type AppRequest, formUrl, manifestOf } from "./Manifest.ts"

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("\"", "&quot;")

const page = (body: string) =>
  `<!doctype html><meta charset="utf-8"><title>Nominal Code</title>
<style>body { font: 16px/1.5 sans-serif; margin: 4em auto; max-width: 40em } button { font: inherit; padding: .5em 1em }</style>
${body}
`

/** Page whose button posts the manifest to GitHub. */
export const registrationPage = (request: AppRequest, redirectUrl: string, state: string): string => {
  const manifest = manifestOf(request, redirectUrl)
  const permissions = Object.entries(manifest.default_permissions).map(([name, access]) =>
    `<li>${name}: ${access}</li>`
  )
  return page(`<h1>Register the GitHub App “${escaped(request.name)}”</h1>
<p>It gets its deliveries at <code>${escaped(request.webhook)}</code>, and these permissions:</p>
<ul>${permissions.join("")}</ul>
<form action="${escaped(formUrl(request, state))}" method="post">
<input type="hidden" name="manifest" value="${escaped(JSON.stringify(manifest))}">
<button>Register it on ${escaped(new URL(request.github).host)}</button>
</form>`)
}

/** Page with one sentence. */
export const sentencePage = (sentence: string): string => page(`<p>${escaped(sentence)}</p>`)
