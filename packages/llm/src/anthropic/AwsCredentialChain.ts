/**
 * AWS's chain of credentials. A module of its own, as the bundler loads a CommonJS package whose chunk others share by a
 * name that the chunk does not export.
 */
export { defaultProvider } from "@aws-sdk/credential-provider-node"
