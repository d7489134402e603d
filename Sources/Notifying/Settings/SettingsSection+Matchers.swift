// SPDX-License-Identifier: MIT
import Configuration
import MetricModel
import Patterns
import YAML

extension SettingsSection {
  /// The matchers listed below `key`, and those of the older maps `old` and `old_re`; what cannot be
  /// read is noted and left out.
  func matchers(_ key: String, old: String? = nil) -> [CompiledMatcher] {
    var found = texts(key).compactMap { text, mark -> CompiledMatcher? in
      do throws(MatcherText.Malformed) {
        return compiled(try MatcherText.matcher(text), text, key, mark)
      } catch {
        report(key, at: mark, "\(text): \(error.reason)")
        return nil
      }
    }
    guard let old else { return found }
    for (key, operation) in [
      (old, LabelMatcher.Operation.equal), ("\(old)_re", LabelMatcher.Operation.matches),
    ] {
      found += textMap(key).compactMap { name, text, mark in
        compiled(LabelMatcher(name, operation, text), "\(name): \(text)", key, mark)
      }
    }
    return found
  }

  private func compiled(
    _ matcher: LabelMatcher,
    _ text: String,
    _ key: String,
    _ mark: YAMLMark
  ) -> CompiledMatcher? {
    do throws(PatternError) {
      return try CompiledMatcher(matcher)
    } catch {
      report(key, at: mark, "\(text): \(error.reason)")
      return nil
    }
  }
}
