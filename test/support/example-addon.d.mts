export function buildExampleAddon(): Promise<string>;
