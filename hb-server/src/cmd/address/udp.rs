//! `udp://HOST:PORT`: beats by UDP, everything else by HTTP at the same place. Read as the HTTP address that it stands
//! beside, so that the same things are refused and the same variables must agree.

use hb_server::config::{AddressError, beside};

use super::{Address, Environment, Flags, resolve_http};

/// As [`resolve_http`], for either scheme.
pub(super) fn resolve(flags: &Flags, environment: Environment<'_>) -> Result<Address, AddressError> {
    let typed = flags.host.is_some() || flags.port.is_some();
    let base = match &flags.url {
        Some(url) => beside("--url", url)?,
        None if typed => None,
        None => environment.text("HB_URL").map_or(Ok(None), |url| beside("HB_URL", &url))?,
    };
    let Some(base) = base.map(|base| base.text) else { return resolve_http(flags, environment) };
    if flags.url.is_none() {
        let lookup = |name: &str| if name == "HB_URL" { Some(base.clone()) } else { environment.text(name) };
        resolve_http(flags, Environment::new(&lookup))?;
    }
    Ok(Address::Udp(base.trim_start_matches("http://").into()))
}

#[cfg(test)]
mod tests {
    use super::super::super::environment::of_pairs;
    use super::*;

    fn resolved(url: Option<&str>, pairs: &[(&str, &str)]) -> Result<Address, AddressError> {
        let lookup = of_pairs(pairs);
        let flags = Flags { url: url.map(String::from), ..Flags::default() };
        resolve(&flags, Environment::new(&lookup))
    }

    #[test]
    fn it_is_a_host_and_a_port() {
        let udp = |place: &str| Ok(Address::Udp(place.into()));
        assert_eq!(resolved(Some("udp://10.0.0.1:8888"), &[]), udp("10.0.0.1:8888"));
        assert_eq!(resolved(None, &[("HB_URL", " udp://[::1]:8888/ ")]), udp("[::1]:8888"));
        assert_eq!(resolved(None, &[("HB_URL", "UDP://hall:1"), ("HB_HOST", "hall")]), udp("hall:1"));
        assert_eq!(resolved(Some("http://a:1"), &[]), Ok(Address::Base("http://a:1".into())));
        assert_eq!(
            resolved(Some("http://a:1"), &[("HB_URL", "udp://b:1")]),
            Ok(Address::Base("http://a:1".into()))
        );
        for url in
            ["udp://", "udp://hall", "udp://hall:1/prefix", "udp://hall:1/?next=%n", "udp://hall:99999"]
        {
            assert!(resolved(Some(url), &[]).is_err(), "{url}");
        }
        assert!(resolved(None, &[("HB_URL", "udp://hall:1"), ("HB_PORT", "2")]).is_err());
    }

    #[test]
    fn beats_go_by_udp_and_questions_by_http() {
        let address = Address::Udp("hall:1".into());
        let request = hb_core::wire::parse(hb_core::beat::Verb::Done, "0&appid=a b").unwrap();
        assert_eq!(address.beat(&request, None).as_deref(), Some("udp://hall:1/hb_done?0&appid=a%20b"));
        assert_eq!(address.page("list"), "http://hall:1/list");
    }
}
