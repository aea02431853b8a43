import Web

/// The decision about settings that were reread while the service runs.
enum SecretReading {
    /// The secrets are valid and replace the current ones.
    ///
    /// - `restart`: other changed settings, which need a restart.
    /// - `objections`: why that restart would fail.
    case taken(SecretsConfiguration, restart: [Setting], objections: [String])
    /// Something is invalid; the current secrets stay in use.
    case refused([String])

    /// Decides whether to use reread settings, by those from which the current secrets were taken and those
    /// that the service was started with.
    init(_ values: SettingValues, standing: SettingValues, started: SettingValues) {
        var values = values
        for setting in SecretsConfiguration.settings
        where !values.unreadable.contains(setting) && values.text(setting) == nil
            && standing.text(setting) != nil
        {
            values.refuse(setting, Self.emptied(setting, values.values[setting]?.source))
        }
        var check = SettingCheck(values)
        let secrets = SecretsConfiguration(&check)
        guard check.problems.isEmpty else {
            self = .refused(check.problems)
            return
        }
        let others = Setting.allCases.filter { !SecretsConfiguration.settings.contains($0) }
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

    /// An empty file may be half written, and losing all keys would lock every client out.
    ///
    /// So a setting cannot become empty without a restart.
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
