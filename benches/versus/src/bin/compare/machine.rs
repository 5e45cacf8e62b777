//! The machine of a record, by a distinguishing name.

use crate::figure::{Figure, Figures, Key};
use crate::markdown::number;

/// Returns the name of the first processor with family and model, which distinguish equal
/// names; on ARM with implementer and part.
pub(crate) fn processor(cpuinfo: &str) -> String {
    let said = |wanted: &str| {
        let mut lines = cpuinfo.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(what, _)| what.trim() == wanted).map(|(_, answer)| answer.trim().to_owned())
    };
    let all = [
        ("", "vendor_id"),
        ("family ", "cpu family"),
        ("model ", "model"),
        ("stepping ", "stepping"),
        ("implementer ", "CPU implementer"),
        ("part ", "CPU part"),
        ("variant ", "CPU variant"),
        ("revision ", "CPU revision"),
    ];
    let details: Vec<String> = all
        .into_iter()
        .filter_map(|(name, wanted)| Some(format!("{name}{}", said(wanted)?)))
        .collect();
    let name = said("model name").unwrap_or_else(|| "unknown processor".to_owned());
    if details.is_empty() { name } else { format!("{name} ({})", details.join(", ")) }
}

/// Returns a figure of the machine itself; in old records, one of a library's figures.
pub(crate) fn limit(figures: Figures<'_>, subject: &str) -> Option<Figure> {
    let key = |chapter, operation, x| Key { chapter, operation, x, subject };
    let old_request = "HTTP request, kept, with two readings of Instant";
    [
        key("machine", "by itself", None),
        key("record", "counter, handle", Some(1)),
        key("record", old_request, Some(1)),
    ]
    .into_iter()
    .find_map(|key| figures.figure(key))
}

/// The figures that characterize the machine, for one sentence.
pub(crate) fn limits(figures: Figures<'_>) -> String {
    let all = [
        ("A locked add takes", "limit: a locked add"),
        ("`+= 1`", "limit: += 1"),
        ("an empty loop", "limit: an empty loop"),
        ("two readings of `Instant`", "limit: two readings of Instant"),
        ("two of `quanta`", "limit: two readings of quanta"),
        ("64 bytes allocated and freed", "limit: an allocation of 64 bytes, freed at once"),
    ];
    let measured = all.into_iter().filter_map(|(name, subject)| {
        limit(figures, subject).map(|figure| format!("{name} {} ns", number(figure.median)))
    });
    measured.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn x86_is_named_by_family_and_model() {
        let cpuinfo = "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nmodel\t\t: 17\n\
                       model name\t: AMD EPYC\nstepping\t: 1\n\nprocessor\t: 1\nmodel\t: 99\n";
        assert_eq!(processor(cpuinfo), "AMD EPYC (AuthenticAMD, family 25, model 17, stepping 1)");
    }

    #[test]
    fn arm_is_named_by_implementer_and_part() {
        let cpuinfo = "processor\t: 0\nBogoMIPS\t: 243.75\n\
                       CPU implementer\t: 0x41\nCPU architecture: 8\n\
                       CPU variant\t: 0x3\nCPU part\t: 0xd0c\nCPU revision\t: 1\n";
        assert_eq!(
            processor(cpuinfo),
            "unknown processor (implementer 0x41, part 0xd0c, variant 0x3, revision 1)"
        );
    }

    #[test]
    fn empty_cpuinfo_is_named_unknown() {
        assert_eq!(processor(""), "unknown processor");
    }
}
