import ArgumentParser
import Foundation

/// The commands as the argument parser knows them: what help, manual and completions are all made of.
struct CommandTree: Decodable {
    struct Command: Decodable {
        let commandName: String
        let superCommands: [String]?
        let shouldDisplay: Bool?
        let abstract: String?
        let discussion: String?
        let subcommands: [Command]?
        let arguments: [Argument]?

        /// Such as `console-billing events list`.
        var fullName: String { ((superCommands ?? []) + [commandName]).joined(separator: " ") }

        /// Its own options and arguments, without `--help` and `--version`, which all have.
        var ownArguments: [Argument] {
            (arguments ?? []).filter { argument in
                argument.shouldDisplay
                    && !(argument.names ?? []).contains { ["help", "version"].contains($0.name) }
            }
        }

        /// The command and those below it, in their order, without `help`.
        var displayed: [Command] {
            guard shouldDisplay ?? true, commandName != "help" else { return [] }
            return [self] + (subcommands ?? []).flatMap(\.displayed)
        }
    }

    struct Argument: Decodable {
        enum Kind: String, Decodable { case positional, option, flag }

        struct Name: Decodable {
            let kind: String
            let name: String

            var text: String { (kind == "long" ? "--" : "-") + name }
        }

        let kind: Kind
        let shouldDisplay: Bool
        let isOptional: Bool
        let isRepeating: Bool
        let names: [Name]?
        let valueName: String?
        let defaultValue: String?
        let allValues: [String]?
        let abstract: String?

        /// As it is written: `--limit <limit>`, `--all`, `<ids> ...`.
        var spelling: String {
            let value = "<\(valueName ?? "value")>"
            let name = names?.first?.text ?? ""
            let text =
                switch kind {
                case .positional: value
                case .option: "\(name) \(value)"
                case .flag: name
                }
            return text + (isRepeating ? " ..." : "")
        }

        /// What it is for, which values it takes, and what it is where it is left out.
        var meaning: String {
            var text = abstract ?? ""
            if let allValues { text += " One of \(allValues.joined(separator: ", "))." }
            // A flag that is not given is false; that needs no words.
            if let defaultValue, kind != .flag, !text.contains("default") {
                text += " Default: \(defaultValue)."
            }
            return text
        }
    }

    let command: Command

    /// - Throws: What decoding throws, should the parser come to describe itself in other words.
    init(of root: any ParsableCommand.Type) throws {
        self = try JSONDecoder().decode(CommandTree.self, from: Data(root._dumpHelp().utf8))
    }

    /// Every command that there is to be seen.
    var commands: [Command] { command.displayed }
}

/// A command's discussion, as it is written in the sources: paragraphs, headings in capitals, and what is set in under
/// them.
enum DiscussionBlock: Equatable {
    case paragraph(String)
    case heading(String)
    /// Lines to be left as they are: commands.
    case literal([String])

    static func blocks(of discussion: String) -> [DiscussionBlock] {
        var blocks: [DiscussionBlock] = []
        var isExamples = false
        for section in discussion.split(separator: "\n\n", omittingEmptySubsequences: true) {
            var lines = section.split(separator: "\n").map(String.init)
            if let first = lines.first, first == first.uppercased(), first.contains(where: \.isLetter) {
                blocks.append(.heading(first))
                isExamples = first.hasPrefix("EXAMPLE")
                lines.removeFirst()
            }
            guard !lines.isEmpty else { continue }
            let trimmed = lines.map { $0.trimmingCharacters(in: .whitespaces) }
            blocks.append(isExamples ? .literal(trimmed) : .paragraph(trimmed.joined(separator: " ")))
        }
        return blocks
    }
}
