/** What the directories of builds for the running Node are named after. */
export const target: string;
