/**
 * The images: `all` holds every provider's SDK, a variant only its own. Run as a program it prints them as JSON.
 */
/**
 * The packages of each variant: its SDK, and what its models in a cloud need. Every endpoint that speaks OpenAI's
 * protocol is of the variant `openai`.
 */
const sdks = {
  anthropic: ["@anthropic-ai/sdk", "aws4fetch", "@aws-sdk/credential-provider-node"],
  openai: ["openai"],
  google: ["@google/genai", "google-auth-library"]
} as const

type Variant = keyof typeof sdks

const variants = Object.keys(sdks) as ReadonlyArray<Variant>

/** The images that can be built, by the value of `EXTRAS` that makes them. */
export const images = [
  { extras: "all", image: "nominal-code" },
  ...variants.map((variant) => ({ extras: variant as string, image: `nominal-code-${variant}` }))
]

/**
 * The imports that a bundle for `extras` leaves unresolved: their code is not in it, and a process that asks for that
 * provider is told that the SDK is not installed.
 */
export const leftOut = (extras: string): ReadonlyArray<RegExp> => {
  if (!images.some((image) => image.extras === extras)) {
    const known = images.map((image) => image.extras).join(", ")
    throw new Error(`EXTRAS=${extras}: this build has no provider of that name; it has ${known}`)
  }
  return variants
    .filter((variant) => extras !== "all" && variant !== extras)
    .flatMap((variant) => sdks[variant].map((name) => new RegExp(`^${name}(/|$)`)))
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(images)}\n`)
