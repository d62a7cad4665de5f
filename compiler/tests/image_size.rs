//! The bound with which NP502 begins is never below what linking makes: what it lets pass unseen fits.

use netpol_image::layout::header as h;
use netpol_image::{LinkOptions, decode, link};
use netpol_testgen::{Gen, Size};
use netpolc::lint::Context;
use netpolc::lint::image_size::Sizes;
use netpolc::model::Model;
use netpolc::resolve::Analysis;

#[test]
fn no_image_has_more_of_anything_than_its_bound() {
    let mut compared = 0;
    for seed in 0..200 {
        let size = if seed % 4 == 0 {
            Size::of_endpoints(60)
        } else {
            Size::SMALL
        };
        let world = Gen::world(seed, size);
        let analysis = Analysis {
            model: Model {
                cluster: world.cluster.clone(),
                policies: world.policies.clone(),
                ..Model::default()
            },
            ..Analysis::default()
        };
        let context = Context::new(&analysis);
        let sizes = Sizes::new(&context);
        for node in &world.cluster.nodes {
            let options = LinkOptions::default();
            let image = link(&world.policies, &world.cluster, &node.name, &options).unwrap();
            let view = decode(image.bytes()).unwrap();
            let place = sizes.place(&node.name);
            let bound = sizes.costs().bound(&place.groups, usize::MAX);
            let intervals = view.field(h::N_INTERVALS4).max(view.field(h::N_INTERVALS6));
            let pairs = [
                ("rows", view.field(h::N_ROWS), bound.rows),
                ("classes", view.field(h::N_CLASSES), bound.classes),
                (
                    "port classes",
                    view.field(h::N_PORT_CLASSES),
                    bound.port_classes,
                ),
                ("vectors", view.field(h::N_VECTORS), bound.vectors),
                ("intervals", intervals, bound.intervals),
                ("bytes", view.field(h::LEN), bound.bytes),
            ];
            for (what, is, most) in pairs {
                let is = usize::try_from(is).unwrap();
                assert!(
                    is <= most,
                    "seed {seed}, {}: {is} {what}, and {most} at most",
                    node.name
                );
            }
            let parts = image.parts().sum();
            assert!(parts < image.bytes().len() && parts + 4096 > image.bytes().len());
            compared += 1;
        }
    }
    assert!(compared > 200, "{compared}");
}
