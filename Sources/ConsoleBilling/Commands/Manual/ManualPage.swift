import Billing

/// The manual page in mdoc(7).
struct ManualPage {
    let tree: CommandTree
    let version: String
    let date: CalendarDate

    var text: String { lines.joined(separator: "\n") + "\n" }

    private var lines: [String] {
        let root = tree.command
        return head(root) + description(root) + tree.commands.dropFirst().flatMap(command) + environment
            + exitStatus + seeAlso
    }

    private func head(_ root: CommandTree.Command) -> [String] {
        let months = [
            "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December",
        ]
        let day = "\(months[Int(date.parts.month) - 1]) \(date.parts.day), \(date.parts.year)"
        let purpose = root.abstract.map { $0.hasSuffix(".") ? String($0.dropLast()) : $0 } ?? ""
        return [
            ".Dd \(day)", ".Dt \(root.commandName.uppercased()) 1", ".Os \(root.commandName) \(version)",
            ".Sh NAME", ".Nm \(root.commandName)", ".Nd \(Self.escaped(purpose))", ".Sh SYNOPSIS", ".Nm",
            ".Ar command", ".Op Ar options", ".Nm", ".Cm help Ar command", ".Sh DESCRIPTION",
        ]
    }

    private func description(_ root: CommandTree.Command) -> [String] {
        Self.blocks(root.discussion ?? root.abstract ?? "") + [
            ".Pp",
            Self.prose(
                "What follows is each command, with its options; each has --help and --version besides."
            ),
            ".Sh COMMANDS",
        ]
    }

    private func command(_ command: CommandTree.Command) -> [String] {
        let words = command.fullName.split(separator: " ").dropFirst().joined(separator: " ")
        var lines = [".Ss \(words)", Self.prose(command.abstract ?? "")]
        if command.subcommands?.isEmpty ?? true {
            lines += [".Bd -ragged -offset indent", ".Nm", ".Cm \(words)"]
            lines += command.ownArguments.map { argument in
                argument.isOptional ? ".Op \(Self.macros(argument))" : "." + Self.macros(argument)
            }
            lines.append(".Ed")
        }
        lines += Self.blocks(command.discussion ?? "", pausingFirst: true)
        guard !command.ownArguments.isEmpty else { return lines }
        lines += [".Pp", "The options are:", ".Bl -tag -width Ds"]
        for argument in command.ownArguments {
            lines += [".It \(Self.macros(argument))", Self.prose(argument.meaning)]
        }
        return lines + [".El"]
    }

    private var environment: [String] {
        [
            ".Sh ENVIRONMENT",
            Self.prose(
                "Any of them may be given as NAME_FILE, the path of a file that holds the value, as well."
            ),
            ".Bl -tag -width Ds",
        ]
            + Setting.allCases.flatMap { setting in
                [
                    ".It Ev \(setting.rawValue)",
                    Self.prose(
                        "Takes \(setting.accepts)." + (setting.defaultValue.map { " Default: \($0)." } ?? "")
                    ),
                ]
            } + [
                ".It Ev CONSOLE_BILLING_API_KEY", "The key with which commands ask the running service.",
                ".It Ev NO_COLOR", "Colours are left out where it is set.", ".El",
            ]
    }

    private var exitStatus: [String] {
        [".Sh EXIT STATUS", ".Bl -tag -width Ds"]
            + Sysexits.meanings.flatMap { code, meaning in
                [
                    ".It \(code.rawValue)",
                    Self.prose(meaning.prefix(1).uppercased() + meaning.dropFirst() + "."),
                ]
            } + [".El"]
    }

    private var seeAlso: [String] { [".Sh SEE ALSO", ".Xr curl 1 ,", ".Xr jq 1 ,", ".Xr systemd 1"] }

    // MARK: mdoc

    /// `Fl -limit Ar limit`, as mdoc spells an option.
    private static func macros(_ argument: CommandTree.Argument) -> String {
        let value = "Ar \(argument.valueName ?? "value")"
        let name = (argument.names?.first?.text).map { "Fl " + $0.dropFirst() } ?? ""
        let text =
            switch argument.kind {
            case .positional: value
            case .option: "\(name) \(value)"
            case .flag: name
            }
        return text + (argument.isRepeating ? " ..." : "")
    }

    private static func blocks(_ discussion: String, pausingFirst: Bool = false) -> [String] {
        var lines: [String] = []
        for block in DiscussionBlock.blocks(of: discussion) {
            switch block {
            case .paragraph(let text):
                if !lines.isEmpty || pausingFirst { lines.append(".Pp") }
                lines.append(prose(text))
            case .heading(let text):
                lines += [".Pp", prose(text.prefix(1) + text.dropFirst().lowercased() + ":")]
            case .literal(let commands):
                lines += [".Bd -literal -offset indent"] + commands.map(line) + [".Ed"]
            }
        }
        return lines
    }

    /// Puts each sentence on its own line, as mdoc expects.
    private static func prose(_ text: some StringProtocol) -> String {
        String(text).replacing(/([.!?]\)?) +/) { "\($0.output.1)\n" }
            .split(separator: "\n").map(line).joined(separator: "\n")
    }

    /// Escapes a line that would otherwise start like a macro.
    private static func line(_ text: some StringProtocol) -> String {
        let text = escaped(text)
        return text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" + text : text
    }

    private static func escaped(_ text: some StringProtocol) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case _ where scalar.isASCII: result.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                result += "\\[u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "]"
            }
        }
        return result
    }
}
