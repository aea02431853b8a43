import ArgumentParser

/// A command and its help, as the parser prints it: what the manual page and the reference consist of.
struct CommandHelp {
    /// Such as `console-billing events list`.
    let name: String
    let text: String

    /// All visible commands below the root, in the order of its own help.
    static func all(columns: Int) -> [CommandHelp] {
        func below(_ command: any ParsableCommand.Type, _ path: String) -> [CommandHelp] {
            command.configuration.subcommands.filter { $0.configuration.shouldDisplay }.flatMap { child in
                let name = "\(path) \(child.name)"
                let text = ConsoleBilling.helpMessage(for: child, columns: columns)
                return [CommandHelp(name: name, text: text)] + below(child, name)
            }
        }
        return below(ConsoleBilling.self, ConsoleBilling.name)
    }

    /// The reference of all commands, in Markdown.
    static var reference: String {
        let codes = Sysexits.meanings.map { "| \($0.rawValue) | \($1) |\n" }
        let head = """
            # Commands

            Written by `console-billing manual --form markdown`; a test holds this page to it. `console-billing help \
            COMMAND` shows the same. Results go to standard output, as text on a terminal and as JSON elsewhere; progress \
            and complaints go to standard error.

            | Exit code | Meaning |
            | --- | --- |

            """
        return head + codes.joined()
            + all(columns: 110).map { "\n## \($0.name)\n\n```text\n\($0.text)```\n" }.joined()
    }
}
