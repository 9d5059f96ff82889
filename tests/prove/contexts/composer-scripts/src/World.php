<?php

namespace Example\App;

final class World
{
    public const NAME = 'world';
}
