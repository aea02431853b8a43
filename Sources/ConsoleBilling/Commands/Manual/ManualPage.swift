import ArgumentParser
import Billing
import Foundation

/// The manual page in mdoc(7): the help of each command, the settings and the exit codes.
struct ManualPage {
    let version: String
    let date: CalendarDate

    var text: String {
        (head + CommandHelp.all(columns: 76).flatMap(command) + environment + exitStatus)
            .joined(separator: "\n") + "\n.Sh SEE ALSO\n.Xr curl 1 ,\n.Xr jq 1 ,\n.Xr systemd 1\n"
    }

    private var head: [String] {
        let (root, name) = (ConsoleBilling.configuration, ConsoleBilling.name)
        return [
            ".Dd \(date.text)", ".Dt \(name.uppercased()) 1", ".Os \(name) \(version)",
            ".Sh NAME", ".Nm \(name)", ".Nd \(Self.escaped(root.abstract))", ".Sh SYNOPSIS", ".Nm",
            ".Ar command", ".Op Ar options", ".Nm", ".Cm help Ar command", ".Sh DESCRIPTION",
        ] + Self.literal(ConsoleBilling.helpMessage(columns: 76)) + [".Sh COMMANDS"]
    }

    private func command(_ command: CommandHelp) -> [String] {
        [".Ss \(command.name.split(separator: " ").dropFirst().joined(separator: " "))"]
            + Self.literal(command.text)
    }

    private var environment: [String] {
        let own = [
            ("CONSOLE_BILLING_API_KEY", "The key with which commands ask the running service."),
            ("NO_COLOR", "Colours are left out where it is set."),
        ]
        let settings = Setting.allCases.map { setting in
            let fallback = setting.defaultValue.map { "\nDefault: \($0)." } ?? ""
            return (setting.rawValue, "Takes \(setting.accepts).\(fallback)")
        }
        return [
            ".Sh ENVIRONMENT",
            "Any of them may be given as NAME_FILE, the path of a file that holds the value, as well.",
        ] + Self.list((settings + own).map { ("Ev \($0)", $1) })
    }

    private var exitStatus: [String] {
        [".Sh EXIT STATUS"] + Self.list(Sysexits.meanings.map { ("\($0.rawValue)", "\($1).") })
    }

    private static func list(_ items: [(name: String, text: String)]) -> [String] {
        [".Bl -tag -width Ds"] + items.flatMap { [".It \($0.name)", escaped($0.text)] } + [".El"]
    }

    /// Text as it stands, line by line.
    private static func literal(_ text: String) -> [String] {
        [".Bd -literal"]
            + text.split(separator: "\n", omittingEmptySubsequences: false).map { escaped($0) } + [".Ed"]
    }

    /// Escapes what mdoc would read as a macro, and writes what is not ASCII by its number.
    private static func escaped(_ text: some StringProtocol) -> String {
        var result = text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" : ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case _ where scalar.isASCII: result.unicodeScalars.append(scalar)
            default: result += String(format: "\\[u%04X]", scalar.value)
            }
        }
        return result
    }
}
