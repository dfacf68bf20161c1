import { middle, plain, text } from '../markdown.ts'

/** Characters of a name on a button. */
export const BUTTON_NAME_LENGTH = 40

/** A name of nothing that can be seen is told, too: emphasis around nothing would be asterisks. */
const NAMELESS = '(no name)'

/** Somebody's name of a file, folder or value, as Markdown of at most so many characters. */
export const nameText = (name: string, length: number): string => text(middle(name, length)) || NAMELESS

/** The same on a button, where there is no Markdown. */
export const nameOnButton = (name: string): string => plain(middle(name, BUTTON_NAME_LENGTH)) || NAMELESS
