/// The reference of all commands, in Markdown.
struct CommandReference {
    let tree: CommandTree

    var text: String {
        let codes = Sysexits.meanings.map { "| \($0.rawValue) | \($1) |" }
        let head = """
            # Commands

            Written by `console-billing manual --form markdown`; a test holds this page to it. `console-billing help \
            COMMAND` shows the same. Results go to standard output, as text on a terminal and as JSON elsewhere; progress \
            and complaints go to standard error.

            | Exit code | Meaning |
            | --- | --- |
            \(codes.joined(separator: "\n"))

            """
        return head + tree.commands.dropFirst().map(section).joined()
    }

    private func section(_ command: CommandTree.Command) -> String {
        var text = "\n## \(command.fullName)\n\n\(command.abstract ?? "")\n"
        if command.subcommands?.isEmpty ?? true {
            let words = command.ownArguments.map { $0.isOptional ? "[\($0.spelling)]" : $0.spelling }
            text += "\n`\(([command.fullName] + words).joined(separator: " "))`\n"
        }
        for block in DiscussionBlock.blocks(of: command.discussion ?? "") {
            switch block {
            case .paragraph(let words): text += "\n\(words)\n"
            case .heading(let words): text += "\n\(words.prefix(1) + words.dropFirst().lowercased()):\n"
            case .literal(let lines): text += "\n```sh parsed\n\(lines.joined(separator: "\n"))\n```\n"
            }
        }
        guard !command.ownArguments.isEmpty else { return text }
        text += "\n| Option | What |\n| --- | --- |\n"
        for argument in command.ownArguments {
            text += "| `\(argument.spelling)` | \(argument.meaning.replacing("|", with: "\\|")) |\n"
        }
        return text
    }
}
