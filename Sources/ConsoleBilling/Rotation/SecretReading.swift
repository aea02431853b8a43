import Web

/// What is to be done about settings that were read again while the service runs.
enum SecretReading {
    /// The secrets can be right.
    ///
    /// - `restart`: other settings that changed, which only a new start takes.
    /// - `objections`: why that start would be refused.
    case taken(SecretSet, restart: [Setting], objections: [String])
    /// Something about them cannot be right, so that those in force stay.
    case refused([String])

    /// Decides it.
    ///
    /// - Parameters:
    ///   - values: As they are read now.
    ///   - standing: As they were when secrets were last taken.
    ///   - started: As the service runs with everything else.
    init(_ values: SettingValues, standing: SettingValues, started: SettingValues) {
        var values = values
        for setting in SecretSet.settings
        where !values.unreadable.contains(setting) && values.text(setting) == nil
            && standing.text(setting) != nil
        {
            values.refuse(setting, Self.emptied(setting, values.values[setting]?.source))
        }
        var check = SettingCheck(values)
        let secrets = SecretSet(&check)
        guard check.problems.isEmpty else {
            self = .refused(check.problems)
            return
        }
        let others = Setting.allCases.filter { !SecretSet.settings.contains($0) }
        var objections: [String] = []
        do {
            _ = try ServiceConfiguration(values)
        } catch {
            objections = error.problems
        }
        self = .taken(
            secrets,
            restart: others.filter { values.text($0) != started.text($0) },
            objections: objections
        )
    }

    /// A file that is empty may be half written, and a key that is lost locks people out: neither is done by accident.
    private static func emptied(_ setting: Setting, _ source: SettingValues.Source?) -> String {
        let place =
            switch source {
            case .file(let path)?, .credential(let path)?: "the file \(path) is empty"
            case .configurationFile(let path)?: "it is empty in \(path)"
            default: "it is gone"
            }
        return "\(setting.rawValue): \(place), and a running service gives none up without another. "
            + "To do without, start it again."
    }
}
