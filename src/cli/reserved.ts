/** Names that are kept for commands and options to come. */
export const reservedCommands: ReadonlyArray<string> = ["diff", "report", "init"]
export const reservedOptions: ReadonlyArray<string> = ["executor"]
