import ArgumentParser
import Scenarios

/// `console-billing config`: shows every setting as `serve` would read it, and what `serve` would refuse.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show every setting, its source, and its errors.",
        discussion: """
            It takes the same options as serve, starts nothing and sends no request. Secrets are shown as fingerprints, the first 8 \
            digits of their SHA-256; passwords in addresses not at all.

            EXAMPLES
              console-billing config
              console-billing config --format json | jq '.data[] | select(.source != "default")'

            EXIT CODES
              0 the configuration is valid, 78 it is not, with every reason on standard error
            """
    )

    @OptionGroup var options: ServiceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        var sources = options.sources()
        let contents = sources.contents()
        if options.dev {
            let url = SettingValues(sources, contents: contents).developmentURL
            // If `serve --dev` has stored no secrets yet, use random ones for this output.
            do {
                sources.development = (try DevelopmentCredentials.load() ?? .make(url: url ?? "")).settings
            } catch {
                sources.problems += error.problems
            }
            if url == nil { sources.problems.append(ServiceOptions.developmentIsLocal) }
        }
        let examined = CheckedConfiguration(SettingValues(sources, contents: contents))
        switch output.chosen {
        case .human: Terminal.line(examined.table.text)
        case .json: Terminal.line(examined.json.compact)
        }
        guard examined.problems.isEmpty else { throw ConfigurationError(examined.problems) }
    }
}

/// A configuration's values and problems, for display.
struct CheckedConfiguration {
    let settings: [ShownSetting]
    let problems: [String]

    init(_ values: SettingValues) {
        settings = Setting.allCases.map { ShownSetting($0, of: values) }
        do {
            _ = try ServiceConfiguration(values)
            problems = []
        } catch {
            problems = error.problems
        }
    }

    var table: TextTable {
        TextTable(
            columns: ["SETTING", "VALUE", "FROM"],
            rows: settings.map { shown in
                [shown.setting.rawValue, printable(shown.value ?? "–"), printable(shown.origin)]
            }
        )
    }

    var json: OrderedJSON {
        [
            "object": "configuration",
            "valid": .bool(problems.isEmpty),
            "problems": .array(problems.map { .string($0) }),
            "data": .array(
                settings.map { shown in
                    var members: [OrderedJSON.Member] = [
                        .init("name", .string(shown.setting.rawValue)), .init("value", .text(shown.value)),
                        .init("source", .string(shown.source)), .init("path", .text(shown.path)),
                    ]
                    if let count = shown.count { members.append(.init("count", .integer(Int64(count)))) }
                    return .object(members)
                }
            ),
        ]
    }
}
